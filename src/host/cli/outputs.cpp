#include "arete/cli/outputs.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <system_error>

#include "arete/core/error.hpp"
#include "arete/core/file.hpp"
#include "arete/data/idx.hpp"
#include "arete/data/npy.hpp"
#include "arete/data/open.hpp"
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

/// Whether a file that exists lies in a folder, or in one of its folders.
bool is_in(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  if (!is_file(file) || !is_folder(folder)) return false;
  const fs::path inside = fs::canonical(file, error);
  const fs::path outside = fs::canonical(folder, error);
  return std::ranges::mismatch(outside, inside).in1 == outside.end();
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

void check_inputs(const Output& output, const std::vector<fs::path>& inputs) {
  for (const fs::path& input : inputs) {
    if (are_same(output.path, input)) {
      fail(ErrorKind::usage, "{}: {} is read, so it cannot be replaced; give another name",
           output.option, output.path.string());
    }
    if (is_in(output.path, input) && !is_result(output.path)) {
      fail(
          ErrorKind::usage,
          "{}: {} is in {}, which is read, so it is not replaced; give a name elsewhere, or remove "
          "that file first",
          output.option, output.path.string(), input.string());
    }
  }
}

}  // namespace

std::vector<fs::path> inputs_of(const DataOptions& options) {
  if (options.data.empty()) return {};
  const fs::path data = options.data;
  std::vector<fs::path> inputs = {data};
  std::ranges::copy(customary_idx_labels(data), std::back_inserter(inputs));
  std::ranges::copy(customary_npy_labels(data), std::back_inserter(inputs));
  if (options.labels) inputs.push_back(*options.labels);
  if (const auto test = customary_test_set(data)) {
    inputs.push_back(*test);
    std::ranges::copy(customary_idx_labels(*test), std::back_inserter(inputs));
    std::ranges::copy(customary_npy_labels(*test), std::back_inserter(inputs));
  }
  if (options.data.find_first_of("*?[") != std::string::npos) {  // a glob
    inputs.push_back(data.has_parent_path() ? data.parent_path() : ".");
  }
  return inputs;
}

void check_outputs(const std::vector<Output>& outputs, bool overwrite,
                   const std::vector<fs::path>& inputs) {
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    check_name(*output);
    check_writable(output->path, overwrite);
    check_inputs(*output, inputs);
    for (auto other = outputs.begin(); other != output; ++other) {
      if (!are_same(output->path, other->path)) continue;
      fail(ErrorKind::usage, "{} and {}: both are {}; give two names", other->option,
           output->option, output->path.string());
    }
  }
}

}  // namespace arete::cli
