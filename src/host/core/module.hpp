#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

namespace arete {

class Backend;
class Communicator;
class RowSource;
class RowStream;
struct OpenOptions;

/// What a module libarete_<name>.so offers; null where it does not serve it. A module exports one C
/// function, `extern "C" const arete::ModuleTable* arete_module();`, and links to libarete.so.
struct ModuleTable {
  const char* build_identifier;  ///< first, so that it can be read whatever else another build has
  /// The device of this number, from 0; -1 - r for process r of this machine to be given one.
  std::unique_ptr<Backend> (*open_backend)(int device_index);
  std::unique_ptr<Communicator> (*open_communicator)();
  std::unique_ptr<RowSource> (*open_rows)(const std::filesystem::path&, const OpenOptions&);
  /// Of standard input.
  std::unique_ptr<RowStream> (*open_stream)(const OpenOptions&);
};

/// Loads libarete_<name>.so from the folder of libarete.so. Throws Error (unavailable) when it is
/// missing, saying how to get it; when it cannot be loaded, with the loader's reason; and when it
/// is of another build, with both build identifiers.
[[nodiscard]] const ModuleTable& load_module(std::string_view name);
/// The same from a folder of the caller's choice.
[[nodiscard]] const ModuleTable& load_module(std::string_view name,
                                             const std::filesystem::path& folder);

}  // namespace arete
