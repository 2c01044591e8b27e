// caption MODEL PHOTO...: a line for each photo.
#include <cstdio>

#include "models/photo_captioner.h"

int main(int argc, char** argv) {
  dlcore::PhotoCaptioner captioner(argv[1], dlcore::Device::cpu());
  for (int i = 2; i < argc; ++i)
    std::puts(captioner.caption(dlcore::read_image(argv[i])).front().caption.c_str());
}
