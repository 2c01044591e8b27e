// Clients that say that they have nothing more to say, but listen.
#include <atomic>
#include <thread>
#include <vector>

#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/serve/http_client.h"
#include "tests/serve/served.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("serve: a client that has sent its request and ends its side is answered") {
  const Served served;
  const std::string picture = encode_jpeg(noisy_picture(1), "");
  const std::string form =
      "--edge\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"p\"\r\n\r\n" + picture +
      "\r\n--edge--\r\n";
  const std::string requests[] = {post("/caption?beam=4", picture),
                                  post("/caption", form, "multipart/form-data; boundary=edge"), get("/info")};
  // Many at once, so that they wait for each other: the end comes before the answer is there.
  std::atomic<int> answered = 0, ended = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < 24; ++c)
    clients.emplace_back([&, c] {
      for (int i = 0; i < 4; ++i) {
        HttpConnection connection(served.port());
        connection.send(requests[(c + i) % 3]);
        connection.finish_sending();
        answered += connection.receive().status == 200;
        ended += connection.ended();
      }
    });
  for (std::thread& client : clients) client.join();
  CHECK(answered == 24 * 4);
  CHECK(ended == 24 * 4);
}
