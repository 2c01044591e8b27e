// Plugins: shared objects that add layers, cells and encoders of their own to dlcore's programs.
//
//     #include "core/plugin.h"
//     #include "layers/registry.h"
//
//     DLCORE_PLUGIN() {
//       dlcore::register_layer("Swish", [](const dlcore::Attributes&) { return std::make_unique<Swish>(); });
//     }
//
// A plugin is linked with dlcore's shared libraries, so that it adds to the tables which the program reads. A
// program of one's own needs no plugin: it calls the functions that register before it uses what they add.
#pragma once

#include <string>

#include "core/version.h"

/// Begins the function that adds everything a plugin has. Once in each plugin, outside of any namespace.
#define DLCORE_PLUGIN()                            \
  extern "C" const char* dlcore_plugin_version();  \
  extern "C" void dlcore_plugin_register();        \
  extern "C" const char* dlcore_plugin_version() { \
    return DLCORE_VERSION_STRING;                  \
  }                                                \
  extern "C" void dlcore_plugin_register()

namespace dlcore {

/// Loads a plugin for as long as the process lives. Throws Error that names the file when it cannot be
/// loaded, is no plugin or was compiled against another version of dlcore, when something that it adds has a
/// name that is taken, and in a dlcore of static libraries, whose tables no plugin can reach.
void load_plugin(const std::string& path);

}  // namespace dlcore
