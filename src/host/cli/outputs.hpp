#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "arete/cli/options.hpp"

namespace arete::cli {

/// A file that a command is to write, and the option that names it.
struct Output {
  std::string option;
  std::filesystem::path path;
};

/// The names of all that is read for DATA, its labels and a MODEL, where there are such: files, and
/// folders of files. Lists the files of a table: for commands that have something to write.
[[nodiscard]] std::vector<std::filesystem::path> inputs_of(const DataOptions& options,
                                                           const std::filesystem::path& model = {});

/// Throws Error (usage) for an output in the folder of a checkpoint, which is removed in the end.
void check_checkpoint(const CheckpointArguments& checkpoint, const std::vector<Output>& outputs);

/// For finding out before the work rather than after it. Throws Error: (usage) for an output that
/// has no proper name, is another output too, exists and is not to be replaced, or would replace
/// what is read: one of `inputs`, or a file in a folder of them that is not a result; or that would
/// be taken for data, in a folder of tables; (resource) when a folder cannot be written.
void check_outputs(const std::vector<Output>& outputs, bool overwrite,
                   const std::vector<std::filesystem::path>& inputs);

}  // namespace arete::cli
