#include "io/caption_annotations.h"

#include <filesystem>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Source {
  TemporaryDirectory folder;
  CaptionAnnotations read(const std::string& text) const {
    write_file_atomically(folder.file("a.json"), text);
    return read_caption_annotations(folder.file("a.json"));
  }
  std::string error(const std::string& text) const {
    return error_of([&] { read(text); });
  }
};

std::string coco(const std::string& images, const std::string& annotations) {
  return R"({"info": {"images": [7]}, "images": [)" + images + R"(], "annotations": [)" + annotations +
         R"(], "licenses": [{"id": 1, "name": [[{}]]}]})";
}

const std::string image = R"({"id": 7, "file_name": "a.jpg"})";
const std::string caption = R"({"id": 1, "image_id": 7, "caption": "a dog"})";

}  // namespace

TEST_CASE("caption annotations: COCO's captions file") {
  const Source source;
  const CaptionAnnotations got = source.read(coco(
      image +
          R"(, {"file_name": "sub/b.jpg", "height": 3, "id": 0, "split": "restval", "x": [1, {"id": 9}]})",
      R"({"image_id": 0, "caption": "x \"y\" \u00e9\n", "id": 2}, )" + caption +
          R"(, {"image_id": 0, "caption": ""})"));
  CHECK(got.kind == "COCO captions");
  REQUIRE(got.images.size() == 2);
  CHECK(got.images[0].id == 7);
  CHECK(got.images[0].file_name == "a.jpg");
  CHECK(got.images[0].split.empty());
  CHECK(got.images[1].file_name == "sub/b.jpg");
  CHECK(got.images[1].split == "train");
  REQUIRE(got.captions.size() == 3);
  CHECK(got.captions[0].image == 1);
  CHECK(got.captions[0].text == "x \"y\" \u00e9\n");
  CHECK(got.captions[1].image == 0);
  CHECK(got.captions[2].text.empty());
  // The lists in the other order, and a byte order mark.
  const CaptionAnnotations turned =
      source.read("\xEF\xBB\xBF {\"annotations\": [" + caption + "], \"images\": [" + image + "]}");
  CHECK(turned.captions[0].image == 0);
}

TEST_CASE("caption annotations: Karpathy's files") {
  const Source source;
  const CaptionAnnotations got = source.read(R"({"images": [
    {"filepath": "val2014", "sentids": [1], "filename": "a.jpg", "imgid": 0, "split": "restval", "cocoid": 42,
     "sentences": [{"tokens": ["a"], "raw": "A.", "imgid": 0, "sentid": 1}, {"raw": "B b"}]},
    {"filename": "b.jpg", "imgid": 5, "split": "test", "sentences": [{"raw": "c"}]}], "dataset": "coco"})");
  CHECK(got.kind == "Karpathy's splits");
  REQUIRE(got.images.size() == 2);
  CHECK(got.images[0].file_name == "val2014/a.jpg");
  CHECK(got.images[0].id == 42);
  CHECK(got.images[0].split == "train");
  CHECK(got.images[1].file_name == "b.jpg");
  CHECK(got.images[1].id == 5);
  CHECK(got.images[1].split == "test");
  REQUIRE(got.captions.size() == 3);
  CHECK(got.captions[1].text == "B b");
  CHECK(got.captions[2].image == 1);
}

TEST_CASE("caption annotations: tables") {
  const Source source;
  const auto check = [&](const std::string& text) {
    INFO(text);
    const CaptionAnnotations got = source.read(text);
    CHECK(got.kind == "table");
    REQUIRE(got.images.size() == 2);
    CHECK(got.images[0].file_name == "a.jpg");
    CHECK(got.images[1].file_name == "b c.jpg");
    CHECK(got.images[1].id == 1);
    REQUIRE(got.captions.size() == 3);
    CHECK(got.captions[0].text == "one, two");
    CHECK(got.captions[1].image == 1);
    CHECK(got.captions[1].text == "say \"hi\"");
    CHECK(got.captions[2].image == 0);
    CHECK(got.captions[2].text == "three");
    return got;
  };
  check("a.jpg,\"one, two\"\nb c.jpg,\"say \"\"hi\"\"\"\na.jpg,three\n");
  check(
      "\xEF\xBB\xBF"
      "image,caption\r\n\r\na.jpg,\"one, two\"\r\n\"b c.jpg\",\"say \"\"hi\"\"\"\r\na.jpg,three");
  check("a.jpg#0\tone, two\nb c.jpg#1\tsay \"hi\"\na.jpg#12\tthree\n");
  const CaptionAnnotations split = check(
      "n,Caption,split,FILE\n1,\"one, two\",train,a.jpg\n2,\"say \"\"hi\"\"\",val,b "
      "c.jpg\n3,three,train,a.jpg\n");
  CHECK(split.images[0].split == "train");
  CHECK(split.images[1].split == "val");
  CHECK(source.read("a.jpg,\"two\nlines\"\n").captions[0].text == "two\nlines");
}

TEST_CASE("caption annotations: wrong JSON") {
  const Source source;
  const std::string path = source.folder.file("a.json");
  const auto refused = [&](const std::string& text, std::initializer_list<std::string> parts) {
    const std::string message = source.error(text);
    CHECK(lacks(message, {path}) == "");
    CHECK(lacks(message, parts) == "");
  };
  refused("", {"is empty"});
  refused(" \n", {"is empty"});
  refused("{", {"not valid JSON", "line 1, column 2"});
  refused("{\"images\": [}", {"not valid JSON", "line 1"});
  refused(coco(image, caption) + "x", {"not valid JSON"});
  refused(coco(R"({"id": 7, "file_name": "\xFF"})", caption), {"not valid JSON"});
  refused("[]", {"JSON object", "images and annotations"});
  refused("{}", {"neither annotations", "sentences"});
  refused(R"({"images": [], "annotations": []})", {"no images"});
  refused(coco(image, ""), {"no captions", "1 images"});
  refused(R"({"images": 5})", {"images should be a list"});
  refused(R"({"images": {"id": 1}})", {"images should be a list"});
  refused(R"({"annotations": {"id": 1}})", {"annotations should be a list"});
  refused(coco("5", caption), {"images[0]", "JSON object", "5"});
  refused(coco("[5]", caption), {"images[0]", "JSON object", "JSON array"});
  refused(coco(image + R"(, {"id": 8})", caption), {"images[1]", "no file_name"});
  refused(coco(R"({"file_name": "a"})", caption), {"images[0]", "no id"});
  refused(coco(R"({"id": "7", "file_name": "a"})", caption), {"images[0].id", "whole number", "\"7\""});
  refused(coco(R"({"id": 7.5, "file_name": "a"})", caption), {"images[0].id", "whole number", "7.5"});
  refused(coco(R"({"id": 18446744073709551615, "file_name": "a"})", caption),
          {"images[0].id", "whole number"});
  refused(coco(R"({"id": 7, "file_name": 5})", caption), {"images[0].file_name", "text", "5"});
  refused(coco(R"({"id": 7, "file_name": ""})", caption), {"images[0].file_name", "empty"});
  refused(coco(R"({"id": 7, "file_name": "a\u0000b"})", caption), {"images[0].file_name", "zero byte"});
  refused(coco(R"({"id": 7, "file_name": "a", "split": "dev"})", caption),
          {"images[0].split", "\"dev\"", "restval"});
  refused(coco(image + "," + image, caption), {"images[1]", "the id 7", "images[0]"});
  refused(coco(image, caption + "," + caption), {"annotations[1]", "the id 1"});
  refused(coco(image, R"({"caption": "a"})"), {"annotations[0]", "no image_id"});
  refused(coco(image, R"({"image_id": 7, "bbox": [1, 2, 3, 4]})"),
          {"annotations[0]", "no caption", "captions file"});
  refused(coco(image, R"({"image_id": 7, "caption": null})"), {"annotations[0]", "no caption"});
  refused(coco(image, R"({"image_id": 7, "caption": ["a"]})"), {"annotations[0].caption", "text", "array"});
  refused(coco(image, caption + R"(, {"image_id": 8, "caption": "a"})"),
          {"annotations[1].image_id is 8", "no image"});
  refused(coco(image, R"({"image_id": 7, "caption": ")" + std::string(70000, 'a') + "\"}"),
          {"annotations[0].caption", "70000 bytes"});
  refused(R"({"images": [{"filename": "a", "imgid": 1, "sentences": 5}]})", {"images[0].sentences", "list"});
  refused(R"({"images": [{"filename": "a", "imgid": 1, "sentences": [5]}]})",
          {"images[0].sentences[0]", "object"});
  refused(R"({"images": [{"filename": "a", "imgid": 1, "sentences": [{"tokens": []}]}]})",
          {"images[0].sentences[0]", "no raw"});
  refused(R"({"images": [{"filename": "a", "imgid": 1, "sentences": [{"raw": 1}]}]})",
          {"images[0].sentences[0].raw", "text"});
  refused(R"({"images": [{"file_name": "a", "id": 1, "sentences": [{"raw": "b"}]}], "annotations": []})",
          {"both annotations", "sentences"});
  refused("{\"images\": " + std::string(100000, '['), {"not valid JSON"});
}

TEST_CASE("caption annotations: wrong tables and files") {
  const Source source;
  const auto refused = [&](const std::string& text, std::initializer_list<std::string> parts) {
    CHECK(lacks(source.error(text), parts) == "");
  };
  refused("hello\n", {"a.json: line 1", "1 fields", "file and caption"});
  refused("a.jpg,one, two\n", {"line 1", "3 fields", "in quotes"});
  refused("a.jpg,one\nb.jpg,one, two\n", {"line 2", "3 fields", "2", "in quotes"});
  refused("a.jpg\tone\n\n\nb.jpg\n", {"line 4", "1 fields"});
  refused("a.jpg,\"one\ntwo\"\nb.jpg\n", {"line 3", "1 fields"});
  refused("a.jpg,on\"e\n", {"line 1", "quote within a field"});
  refused("a.jpg,\"one\" two\n", {"line 1", "behind a quoted field"});
  refused("a.jpg,one\nb.jpg,\"one\n", {"line 2", "does not end"});
  refused("a.jpg,one\n,two\n", {"line 2", "file's name", "empty"});
  refused("file,caption\n", {"no images"});
  refused("file,caption,split\na,b,dev\n", {"line 2", "\"dev\""});
  refused("file,caption,split\na,b,val\na,c,train\n", {"line 3", "\"train\"", "\"val\""});
  refused("a.jpg," + std::string(70000, 'a') + "\n", {"line 1", "70000 bytes"});
  refused(std::string("\x89HDF\r\n\x1a\n\0\0", 10), {"neither JSON nor a table", "zero bytes"});
  const auto open_error = [](const std::string& path) {
    return error_of([&] { read_caption_annotations(path); });
  };
  CHECK(lacks(open_error(source.folder.file("none.json")), {"none.json", "No such file"}) == "");
  CHECK(lacks(open_error(source.folder.path().string()), {"directory"}) == "");
}

TEST_CASE("caption annotations: COCO and Flickr8k") {
  const std::string root = DLCORE_TEST_DATA;
  if (!std::filesystem::exists(root + "/coco")) DLCORE_SKIP("there is no " + root + "/coco");
  const CaptionAnnotations coco_val = read_caption_annotations(root + "/coco/captions_val2017.json");
  CHECK(coco_val.images.size() == 5000);
  CHECK(coco_val.captions.size() == 25014);
  CHECK(coco_val.images[0].id == 397133);
  const CaptionAnnotations flickr = read_caption_annotations(root + "/flickr8k/captions_val.json");
  CHECK(flickr.images.size() == 1000);
  CHECK(flickr.captions.size() == 5000);
  CHECK(flickr.images[999].split == "val");
}
