#include "core/error.h"
#include "io/image_internal.h"
#include "io/jpeg_guard.h"

namespace dlcore {

namespace {

// Each scan of a progressive file goes over the whole picture again, so a small file with many thousand of
// them would take hours. Encoders write about ten.
constexpr int most_scans = 100;

class JpegDecoder {
 public:
  explicit JpegDecoder(const EncodedImage& file) : file_(file) {
    info_.err = &errors_;
    guarded([&] { jpeg_create_decompress(&info_); });
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  Image decode() {
    read_header();
    Image image{info_.image_height, info_.image_width, {}};
    guarded([&] { jpeg_start_decompress(&info_); });
    // A file whose scans leave a component out ends regularly and would be a picture without colours.
    for (int i = 0; i < info_.num_components; ++i)
      require(info_.comp_info[i].quant_table, "{} is a damaged JPEG file: it has no data for component {}",
              file_.name, i);
    image.pixels.resize(static_cast<std::size_t>(3 * image.height * image.width));
    if (info_.out_color_space == JCS_CMYK)
      read_cmyk(image);
    else
      read_rgb(image);
    bool complete = false;
    guarded([&] { complete = jpeg_finish_decompress(&info_); });
    require(complete, "{} is a damaged JPEG file: there are scans behind the last one", file_.name);
    return image;
  }

  int orientation() const { return orientation_; }

 private:
  template <class Step>
  void guarded(Step step) {
    if (!errors_.run(step)) fail("{} is a damaged JPEG file: {}", file_.name, errors_.message);
  }

  void read_header() {
    guarded([&] {
      jpeg_mem_src(&info_, file_.data(), file_.bytes.size());
      jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xffff);
      jpeg_read_header(&info_, TRUE);
    });
    check_image_size(file_, info_.image_width, info_.image_height);
    // libjpeg forgets the segments when it is done.
    for (jpeg_saved_marker_ptr segment = info_.marker_list; segment && orientation_ == 1;
         segment = segment->next)
      orientation_ = exif_orientation({segment->data, segment->data_length});
    const J_COLOR_SPACE space = info_.jpeg_color_space;
    require(space != JCS_UNKNOWN, "{} is a JPEG file of {} colour components, which are no known colours",
            file_.name, info_.num_components);
    info_.out_color_space = space == JCS_CMYK || space == JCS_YCCK ? JCS_CMYK : JCS_RGB;
    info_.progress = &progress_;
    progress_.progress_monitor = [](j_common_ptr info) {
      const auto* const self = reinterpret_cast<j_decompress_ptr>(info);
      if (self->input_scan_number <= most_scans) return;
      auto* const errors = static_cast<JpegErrors*>(info->err);
      std::snprintf(errors->message, sizeof errors->message, "it has more than %d scans", most_scans);
      std::longjmp(errors->out, 1);
    };
  }

  void read_rgb(Image& image) {
    guarded([&] {
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = image.pixels.data() +
                       std::size_t{3} * info_.output_scanline * static_cast<std::size_t>(image.width);
        jpeg_read_scanlines(&info_, &row, 1);
      }
    });
  }

  // Adobe's programs store all four inverted, so that 0 is full ink.  r = (255 - c) (255 - k) / 255
  void read_cmyk(Image& image) {
    std::vector<JSAMPLE> inks(4 * static_cast<std::size_t>(image.width));
    const unsigned inverted = info_.saw_Adobe_marker ? 0 : 255;
    guarded([&] {
      std::uint8_t* to = image.pixels.data();
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = inks.data();
        jpeg_read_scanlines(&info_, &row, 1);
        for (std::int64_t i = 0; i < image.width; ++i, row += 4)
          for (int c = 0; c < 3; ++c)
            *to++ = static_cast<std::uint8_t>(((row[c] ^ inverted) * (row[3] ^ inverted) + 127) / 255);
      }
    });
  }

  const EncodedImage& file_;
  JpegErrors errors_;
  jpeg_decompress_struct info_ = {};
  jpeg_progress_mgr progress_ = {};
  int orientation_ = 1;
};

}  // namespace

Image decode_jpeg(const EncodedImage& file, int& orientation) {
  JpegDecoder decoder(file);
  Image image = decoder.decode();
  orientation = decoder.orientation();
  return image;
}

}  // namespace dlcore
