// What a server refuses: each with its status code and one sentence.
#include <algorithm>
#include <string>

#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/serve/http_client.h"
#include "tests/serve/served.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// Empty where the answer has this status and is {"error": one sentence with `part`}; else what it is.
std::string not_an_error(const HttpAnswer& answer, int status, const std::string& part) {
  std::string got = std::to_string(answer.status) + " " + answer.body;
  if (answer.status != status) return got;
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (!json.is_object() || json.size() != 1 || !json.contains("error")) return "not {\"error\"}: " + got;
  const std::string sentence = json.at("error");
  if (sentence.find(part) == std::string::npos) return "no \"" + part + "\" in: " + got;
  if (sentence.find('\n') != std::string::npos || sentence.size() > 400)
    return "not one short sentence: " + got;
  return "";
}

std::string form(const std::string& parts) {
  return parts + "--edge--\r\n";
}

std::string part(const std::string& disposition, const std::string& content) {
  return "--edge\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

const std::string form_type = "multipart/form-data; boundary=edge";

}  // namespace

TEST_CASE("serve: what is wrong with a request is said in one sentence and by its status code") {
  const Served served;
  const std::string picture = encode_jpeg(noisy_picture(1), "");
  const auto caption = [&](const std::string& query, const std::string& body,
                           const std::string& type = "image/jpeg") {
    return ask(served.port(), post("/caption" + query, body, type));
  };
  REQUIRE(caption("", picture).status == 200);

  SECTION("pictures") {
    CHECK(not_an_error(caption("", ""), 422, "the picture is empty") == "");
    CHECK(not_an_error(caption("", "hello"), 422, "neither a JPEG nor a PNG") == "");
    CHECK(not_an_error(caption("", "GIF89a..."), 422, "a GIF picture, but only JPEG and PNG") == "");
    CHECK(not_an_error(caption("?name=a%20b.jpg", picture.substr(0, picture.size() / 2)), 422,
                       "a b.jpg is a damaged JPEG file") == "");
    CHECK(not_an_error(caption("?name=%ff%0a" + std::string(1000, 'n'), "x"), 422, "neither a JPEG") == "");
    const std::string png = encode_png(noisy_picture(1), "");
    CHECK(not_an_error(caption("", png.substr(0, 200), "image/png"), 422, "the picture") == "");
    CHECK(caption("", png, "image/jpeg").status == 200);  // the bytes count
    CHECK(caption("", png, "application/octet-stream").status == 200);
    CHECK(caption("", png, "Image/PNG; x=y").status == 200);
  }

  SECTION("options") {
    const std::pair<const char*, const char*> wrong[] = {
        {"bim=3", "there is no option bim, only name and those of decoding: max-length"},
        {"n_best=3", "there is no option n_best"},
        {"fixed-length", "there is no option fixed-length"},
        {"help", "there is no option help"},
        {"--beam=3", "there is no option --beam"},
        {"beam=3&neighbors=5",
         "neighbors needs captions of the training images, which this server has not read"},
        {"neighbors=5", "neighbors chooses among captions"},
        {"beam=0", "beam: expected a number above 0, not '0'"},
        {"beam=-1", "not '-1'"},
        {"beam=two", "not 'two'"},
        {"beam=3x", "not '3x'"},
        {"beam=2.5", "beam = 2.5"},
        {"beam=", "beam"},
        {"beam=2&beam=3", "beam"},
        {"beam=99999999999999999999", "beam"},
        {"n-best=2", "n-best 2 needs a beam of 2 or more, or sample"},
        {"seed=1", "seed is of sampling: give sample too"},
        {"sample&beam=3", "beam is of beam search and does not go with sample"},
        {"sample=perhaps", "perhaps"},
        {"sample&temperature=0", "temperature: expected a number above 0"},
        {"sample&temperature=nan", "temperature: expected a number above 0, not 'nan'"},
        {"sample&top-p=1.5", "top-p: expected a number in 0 .. 1, not '1.5'"},
        {"min-length=20", "min_length"},
        {"beam=5&groups=2", "multiple of groups"},
        {"beam=33", "beam 33 is above this server's limit of 32"},
        {"sample&n-best=33", "n-best 33 is above this server's limit of 32"},
        {"max-length=101", "max-length 101 is above this server's limit of 100"},
    };
    for (const auto& [query, sentence] : wrong) {
      CAPTURE(query);
      CHECK(not_an_error(caption(std::string("?").append(query), picture), 400, sentence) == "");
    }
  }

  SECTION("types, paths and methods") {
    const auto type = [&](const std::string& name) { return caption("", picture, name); };
    CHECK(not_an_error(type("application/x-www-form-urlencoded"), 415,
                       "the Content-Type is application/x-www-form-urlencoded, but should be image/jpeg") ==
          "");
    CHECK(not_an_error(type("image/gif"), 415, "image/gif") == "");
    CHECK(not_an_error(ask(served.port(), "POST /caption HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"),
                       415, "the Content-Type is missing") == "");
    for (const std::string path :
         {"/caption/", "/../info", "/favicon.ico", "//", "/%2e%2e/info", "/info%00", "/%00"})
      CHECK(not_an_error(ask(served.port(), get(path)), 404, "there is no ") == "");
    CHECK(not_an_error(ask(served.port(), post("/nowhere", picture)), 404, "there is no /nowhere") == "");
    for (const std::string method : {"GET", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
      const HttpAnswer answer = ask(served.port(), get("/caption", method));
      CHECK(not_an_error(answer, 405, "/caption takes POST, not " + method) == "");
      CHECK(answer.headers.at("allow") == "POST");
      CHECK_FALSE(answer.headers.contains("access-control-allow-origin"));
    }
    const HttpAnswer answer = ask(served.port(), post("/metrics", picture));
    CHECK(not_an_error(answer, 405, "/metrics takes GET, HEAD, not POST") == "");
    CHECK(answer.headers.at("allow") == "GET, HEAD");
  }

  SECTION("forms") {
    const auto send = [&](const std::string& body) { return caption("", body, form_type); };
    const std::string file = part("name=\"picture\"; filename=\"p.jpg\"", picture);
    CHECK(send(form(file)).status == 200);
    CHECK(send(form(file + part("name=\"beam\"", "3"))).json()["captions"][0]["words"] ==
          caption("?beam=3", picture).json()["captions"][0]["words"]);
    CHECK(not_an_error(send(form(file + part("name=\"bim\"", "3"))), 400, "there is no option bim") == "");
    CHECK(not_an_error(send(form(part("name=\"beam\"", "3"))), 400, "the form has no file") == "");
    CHECK(not_an_error(send(form(file + file)), 400, "several files") == "");
    CHECK(not_an_error(send(file), 400, "no whole multipart/form-data") == "");
    CHECK(not_an_error(send("nonsense"), 400, "") == "");
    CHECK(not_an_error(caption("", form(file), "multipart/form-data"), 400, "no whole multipart/form-data") ==
          "");
    std::string many;
    for (int i = 0; i < 100; ++i) many += part("name=\"seed\"", "1");
    CHECK(not_an_error(send(form(many)), 400, "no whole multipart/form-data") == "");
    // A header of a part as long as a body may be: libraries have fallen over that.
    CHECK(not_an_error(send(form(part("name=\"" + std::string(1 << 20, 'a') + "\"", "1"))), 400, "") == "");
  }

  CHECK(caption("", picture).status == 200);  // it is still there
}

TEST_CASE("serve: random numbers come from the picture's name as on the command line, or from its bytes") {
  const Served served;
  const std::string picture = encode_jpeg(noisy_picture(1), "");
  const auto drawn = [&](const std::string& query) {
    return ask(served.port(), post("/caption?sample&n-best=4" + query, picture)).json().at("captions");
  };
  CHECK(drawn("&name=a.jpg") == drawn("&name=a.jpg"));
  CHECK(drawn("&name=a.jpg") == drawn("&name=folder/a.jpg"));
  CHECK(drawn("&name=a.jpg") != drawn("&name=b.jpg"));
  CHECK(drawn("") == drawn(""));
  CHECK(drawn("") != drawn("&seed=1"));
  const std::string body = form(part("name=\"picture\"; filename=\"a.jpg\"", picture));
  CHECK(ask(served.port(), post("/caption?sample&n-best=4", body, form_type)).json().at("captions") ==
        drawn("&name=a.jpg"));
}

TEST_CASE("serve: what is no HTTP is refused or cut off") {
  const Served served({"--timeout", "1"});
  for (const std::string& request :
       {std::string("hello\r\n\r\n"), std::string("GET\r\n\r\n"), std::string(100, '\0'),
        std::string("GET /info HTTP/1.1\r\n\r\n"),  // for no host
        "GET / HTTP/1.1\r\n" + std::string(200'000, 'x')}) {
    HttpConnection connection(served.port());
    connection.send(request);
    connection.send("\r\n\r\n");
    const int status = connection.receive().status;
    CHECK((status == 0 || (status >= 400 && status < 500)));
  }
  CHECK(ask(served.port(), get("/healthz")).status == 200);
}
