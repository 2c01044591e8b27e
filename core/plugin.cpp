#include "core/plugin.h"

#include <dlfcn.h>

#include <filesystem>
#include <string_view>

#include "core/error.h"

namespace dlcore {

void load_plugin(const std::string& path) {
#ifndef DLCORE_SHARED
  fail("{}: this dlcore is made of static libraries (BUILD_SHARED_LIBS=OFF), to which no plugin can add",
       path);
#endif
  // A name without a folder would be looked for among the system's libraries. The object is never unloaded:
  // the tables hold its functions.
  void* const object = dlopen(std::filesystem::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  require(object != nullptr, "{}: cannot be loaded as a plugin: {}", path,
          object == nullptr ? dlerror() : "");
  const auto version = reinterpret_cast<const char* (*)()>(dlsym(object, "dlcore_plugin_version"));
  const auto add = reinterpret_cast<void (*)()>(dlsym(object, "dlcore_plugin_register"));
  require(version != nullptr && add != nullptr, "{}: not a plugin for dlcore: it has no DLCORE_PLUGIN()",
          path);
  require(std::string_view(version()) == DLCORE_VERSION_STRING,
          "{}: was compiled against dlcore {}, but this is dlcore {}: compile it anew", path, version(),
          DLCORE_VERSION_STRING);
  try {
    add();
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  }
}

}  // namespace dlcore
