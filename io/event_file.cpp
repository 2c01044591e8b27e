#include "io/event_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "core/error.h"
#include "io/crc32c.h"
#include "io/json_text.h"

namespace dlcore {
namespace {

constexpr const char* name_begin = "events.out.tfevents.";
constexpr const char* name_end = ".dlcore";

// Field numbers of event.proto, summary.proto, tensor.proto and tensor_shape.proto.
namespace event {
constexpr int wall_time = 1, step = 2, file_version = 3, summary = 5;
}
namespace summary {
constexpr int value = 1;
}
namespace value {
constexpr int tag = 1, simple_value = 2, image = 4, tensor = 8, metadata = 9;
}
namespace metadata {
constexpr int plugin_data = 1, plugin_name = 1;
}
namespace picture {
constexpr int height = 1, width = 2, colorspace = 3, encoded = 4;
constexpr std::uint64_t rgb = 3;
}  // namespace picture
namespace tensor {
constexpr int dtype = 1, shape = 2, string_val = 8;
constexpr std::uint64_t dt_string = 7;
}  // namespace tensor

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void append_little_endian(std::string& bytes, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
}

}  // namespace

std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

bool is_event_file(const std::string& name) {
  return name.starts_with(name_begin) && name.ends_with(name_end);
}

EventFile::EventFile(const std::string& folder)
    : path_(fmt::format("{}/{}{}{}", folder, name_begin, static_cast<std::int64_t>(now()), name_end)) {
  add_record(ProtobufMessage().number(event::wall_time, now()).bytes(event::file_version, "brain.Event:2"));
}

EventFile::~EventFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void EventFile::add_record(const ProtobufMessage& event) {
  const std::string& bytes = event.bytes();
  std::string length;
  append_little_endian(length, bytes.size(), 8);
  queued_ += length;
  append_little_endian(queued_, masked_crc32c(length), 4);
  queued_ += bytes;
  append_little_endian(queued_, masked_crc32c(bytes), 4);
}

void EventFile::add(std::int64_t step, const ProtobufMessage& value) {
  add_record(ProtobufMessage()
                 .number(event::wall_time, now())
                 .integer(event::step, static_cast<std::uint64_t>(step))
                 .message(event::summary, ProtobufMessage().message(summary::value, value)));
}

void EventFile::scalar(std::int64_t step, const std::string& tag, double number) {
  add(step, ProtobufMessage()
                .bytes(value::tag, as_utf8(tag))
                .number(value::simple_value, static_cast<float>(number)));
}

void EventFile::text(std::int64_t step, const std::string& tag, const std::string& markdown) {
  const ProtobufMessage plugin = ProtobufMessage().bytes(metadata::plugin_name, "text");
  add(step, ProtobufMessage()
                .bytes(value::tag, as_utf8(tag))
                .message(value::tensor, ProtobufMessage()
                                            .integer(tensor::dtype, tensor::dt_string)
                                            .message(tensor::shape, {})  // a scalar
                                            .bytes(tensor::string_val, as_utf8(markdown)))
                .message(value::metadata, ProtobufMessage().message(metadata::plugin_data, plugin)));
}

void EventFile::image(std::int64_t step, const std::string& tag, std::int64_t height, std::int64_t width,
                      std::string_view encoded) {
  add(step, ProtobufMessage()
                .bytes(value::tag, as_utf8(tag))
                .message(value::image, ProtobufMessage()
                                           .integer(picture::height, static_cast<std::uint64_t>(height))
                                           .integer(picture::width, static_cast<std::uint64_t>(width))
                                           .integer(picture::colorspace, picture::rgb)
                                           .bytes(picture::encoded, encoded)));
}

void EventFile::flush() {
  if (descriptor_ < 0) descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail("cannot write {}: {}", path_, std::strerror(errno));
  std::string_view rest = queued_;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write {}: {}", path_, std::strerror(errno));
    rest.remove_prefix(static_cast<std::size_t>(written));
    size_ += written;
  }
  queued_.clear();
}

bool EventFile::go_on(const std::string& path, std::int64_t size) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < size) return false;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) fail("cannot write {}: {}", path, std::strerror(errno));
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = descriptor;
  path_ = path;
  size_ = size;
  queued_.clear();
  if (::ftruncate(descriptor_, size_) != 0 || ::lseek(descriptor_, size_, SEEK_SET) != size_)
    fail("cannot write {}: {}", path_, std::strerror(errno));
  return true;
}

}  // namespace dlcore
