#include "arete/cli/outputs.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include "arete/core/error.hpp"
#include "arete/core/file.hpp"
#include "arete/data/idx.hpp"
#include "arete/data/npy.hpp"
#include "arete/data/open.hpp"
#include "arete/data/table_files.hpp"
#include "arete/model/ridge_model.hpp"
#include "arete/moments/moments_file.hpp"

namespace arete::cli {

namespace {

namespace fs = std::filesystem;

/// Whether both name one file, be it by links; files that are not there yet are told by their
/// names.
bool are_same(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error)) return !fs::is_other(fs::status(a, error));
  return !fs::exists(a, error) && fs::weakly_canonical(a, error) == fs::weakly_canonical(b, error);
}

/// Whether a file lies in a folder or in one of its folders, by its name or by what a link names.
bool is_in(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const fs::path outside = fs::canonical(folder, error);
  if (error || !is_folder(outside)) return false;
  const auto begins_outside = [&](const fs::path& inside) {
    return std::ranges::mismatch(outside, inside).in1 == outside.end();
  };
  const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path(".");
  return begins_outside(fs::weakly_canonical(parent, error) / file.filename()) ||
         begins_outside(fs::weakly_canonical(file, error));
}

/// Whether a file is of a kind that Arete writes, and hence no data that it reads rows from.
bool is_result(const fs::path& file) {
  constexpr std::string_view page = "<!DOCTYPE html>";
  return is_model_file(file) || is_moments_file(file) || first_bytes(file, page.size()) == page;
}

void check_name(const Output& output) {
  if (output.path.empty()) fail(ErrorKind::usage, "{}: the name is empty", output.option);
  if (output.path == "-") {
    fail(ErrorKind::usage,
         "{}: '-' would be standard output, to which the result goes; a file of that name is ./-",
         output.option);
  }
}

/// An output in a folder that is read.
void check_neighbours(const Output& output, const fs::path& folder) {
  const std::string name = output.path.filename().string();
  if (holds_table(folder) && !name.starts_with('_') && !name.starts_with('.')) {
    fail(ErrorKind::usage,
         "{}: {} is in {}, whose files are all read as parts of a table; give a name elsewhere",
         output.option, output.path.string(), folder.string());
  }
  if (is_file(output.path) && !is_result(output.path)) {
    fail(ErrorKind::usage,
         "{}: {} is in {}, which is read, so it is not replaced; give a name elsewhere, or remove "
         "that file first",
         output.option, output.path.string(), folder.string());
  }
}

void check_inputs(const Output& output, const std::vector<fs::path>& inputs) {
  if (is_folder(output.path)) return;  // which cannot be written anyway
  for (const fs::path& input : inputs) {
    if (are_same(output.path, input)) {
      fail(ErrorKind::usage, "{}: {} is read, so it cannot be replaced; give another name",
           output.option, output.path.string());
    }
    if (is_in(output.path, input)) check_neighbours(output, input);
  }
}

}  // namespace

std::vector<fs::path> inputs_of(const DataOptions& options, const fs::path& model) {
  std::vector<fs::path> inputs;
  if (!model.empty()) inputs.push_back(model);
  if (options.data.empty()) return inputs;
  const fs::path data = options.data;
  inputs.push_back(data);
  const auto add_labels = [&inputs](const fs::path& rows) {
    std::ranges::copy(customary_idx_labels(rows), std::back_inserter(inputs));
    std::ranges::copy(customary_npy_labels(rows), std::back_inserter(inputs));
  };
  add_labels(data);
  if (options.labels) inputs.push_back(*options.labels);
  if (const auto test = customary_test_set(data)) {
    inputs.push_back(*test);
    add_labels(*test);
  }
  if (is_table(data)) {
    for (const TableFile& file : find_table_files(data).files) inputs.push_back(file.path);
  }
  return inputs;
}

void check_checkpoint(const CheckpointArguments& checkpoint, const std::vector<Output>& outputs) {
  if (!checkpoint.folder) return;
  for (const Output& output : outputs) {
    if (!is_in(output.path, *checkpoint.folder)) continue;
    fail(ErrorKind::usage, "{}: {} is in the folder of the checkpoint, which is removed in the end",
         output.option, output.path.string());
  }
}

void check_outputs(const std::vector<Output>& outputs, bool overwrite,
                   const std::vector<fs::path>& inputs) {
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    check_name(*output);
    check_inputs(*output, inputs);
    check_writable(output->path, overwrite);
    for (auto other = outputs.begin(); other != output; ++other) {
      if (!are_same(output->path, other->path)) continue;
      fail(ErrorKind::usage, "{} and {}: both are {}; give two names", other->option,
           output->option, output->path.string());
    }
  }
}

}  // namespace arete::cli
