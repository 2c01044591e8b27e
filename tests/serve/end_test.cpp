// How the server begins and ends.
#include <chrono>
#include <csignal>
#include <thread>

#include "io/atomic_file.h"
#include "io/image_write.h"
#include "models/model_file.h"
#include "tests/catch.h"
#include "tests/serve/http_client.h"
#include "tests/serve/served.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("serve: SIGTERM and SIGINT end it when what has come is answered") {
  for (const int signal : {SIGTERM, SIGINT}) {
    Served served({"--threads", "1", "--batch", "2", "--timeout", "300"});
    const std::string picture =
        encode_png({1500, 1500, std::vector<std::uint8_t>(std::size_t{1500} * 1500 * 3, 90)}, "");
    constexpr int count = 24;
    std::vector<std::unique_ptr<HttpConnection>> connections;
    for (int i = 0; i < count; ++i) {
      connections.push_back(std::make_unique<HttpConnection>(served.port()));
      REQUIRE(connections.back()->send(post("/caption?beam=3", picture)));
    }
    // The last one is still sending.
    HttpConnection late(served.port());
    const std::string request = post("/caption", picture);
    REQUIRE(late.send(request.substr(0, request.size() / 2)));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    served.program().signal(signal);
    int answered = 0;
    for (const auto& connection : connections) answered += connection->receive().status == 200;
    CHECK(answered == count);
    CHECK(served.program().running());
    CHECK_FALSE(HttpConnection(served.port()).open());
    late.send(request.substr(request.size() / 2));
    HttpAnswer answer = late.receive();
    CHECK(answer.status == 200);
    CHECK(answer.headers["connection"] == "close");
    const ProgramResult end = served.program().wait();
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK(end.out.ends_with("answering what has come so far\n"));
  }
}

TEST_CASE("serve: clients that nobody has accepted yet are answered, too, when it ends") {
  const std::string request = post("/caption", encode_png(noisy_picture(1), ""));
  for (int round = 0; round < 5; ++round) {
    Served served({"--threads", "1"});
    served.program().signal(SIGSTOP);
    std::vector<std::unique_ptr<HttpConnection>> connections;
    for (int i = 0; i < 40; ++i) {
      connections.push_back(std::make_unique<HttpConnection>(served.port()));
      REQUIRE(connections.back()->send(request));
    }
    served.program().signal(SIGTERM);
    served.program().signal(SIGCONT);
    int answered = 0;
    for (const auto& connection : connections) answered += connection->receive().status == 200;
    CHECK(answered == 40);
    CHECK(served.program().wait().code == 0);
  }
}

TEST_CASE("serve: clients that go away leave nothing behind") {
  Served served({"--threads", "1", "--timeout", "5"});
  const std::string request = post("/caption?beam=3", encode_png(noisy_picture(1, 500, 500), ""));
  for (int i = 0; i < 60; ++i) {  // in the head, in the body, before the answer
    const HttpConnection connection(served.port());
    REQUIRE(connection.send(request.substr(0, i % 3 == 0 ? 40 : i % 3 == 1 ? 5000 : request.size())));
  }
  CHECK(ask(served.port(), request).status == 200);
  served.program().signal(SIGTERM);
  const ProgramResult end = served.program().wait();
  CHECK(end.code == 0);
  CHECK(end.err == "");
}

TEST_CASE("serve: a second signal ends it at once") {
  Served served;
  HttpConnection slow(served.port());
  slow.send("POST /caption HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\nx");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  served.program().signal(SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  CHECK(served.program().running());
  served.program().signal(SIGTERM);
  CHECK(served.program().wait().code == 128 + SIGTERM);
}

TEST_CASE("serve: what it cannot begin with is said in one line") {
  const Served served;
  const std::string model = served.model();
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& sentence) {
    return not_refused("serve", run_program("serve", arguments), {sentence});
  };
  const std::string port = std::to_string(served.port());
  CHECK(refused({model, "--port", port}, "cannot listen on 127.0.0.1 port " + port +
                                             ": another program does; --port has another") == "");
  CHECK(refused({model, "--port", "0", "--host", "256.0.0.1"}, "--host 256.0.0.1 is no address") == "");
  CHECK(refused({model, "--port", "0", "--host", "192.0.2.1"}, "cannot listen on 192.0.2.1 port 0: ") == "");
  CHECK(refused({served.file("nowhere"), "--port", "0"}, served.file("nowhere")) == "");
  write_file_atomically(served.file("other"), "no model");
  CHECK(refused({served.file("other"), "--port", "0"}, served.file("other")) == "");

  CaptioningRNN captioner({.feature_shape = {8}, .vocabulary_size = 5, .wordvec_dim = 4, .hidden_dim = 4},
                          DType::float32, Device::cpu());
  captioner.initialize(1);
  const std::string features = served.file("features.safetensors");
  save_model(features, captioner, nullptr, Vocabulary({"<NULL>", "<START>", "<END>", "<UNK>", "a"}), "");
  CHECK(refused({features, "--port", "0"},
                features + " cannot caption photos: the features were not made by an encoder of dlcore") ==
        "");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--port", "70000"},
                                                {"--queue", "0"},
                                                {"--batch", "0"},
                                                {"--timeout", "0"},
                                                {"--max-body", "0"},
                                                {"--max-pixels", "-1"},
                                                {"--threads", "-1"}}) {
    std::vector<std::string> arguments{model};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    const ProgramResult result = run_program("serve", arguments);
    CHECK(result.code > 1);
    CHECK(result.err.find(wrong[0]) != std::string::npos);
  }
}

TEST_CASE("serve: an address that others reach is warned about") {
  const Served loopback;
  ChildProgram open("serve", {loopback.model(), "--port", "0", "--host", "0.0.0.0", "--device", "cpu"});
  while (open.running() && open.out().find("Ctrl-C") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  open.signal(SIGTERM);
  const ProgramResult end = open.wait();
  CHECK(end.code == 0);
  CHECK(end.err ==
        "dlcore_serve: 0.0.0.0 is reached from other machines, without a password and without encryption\n");
}
