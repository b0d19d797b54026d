#include "arete/comm/same_input.hpp"

#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "arete/core/blas.hpp"
#include "arete/core/error.hpp"
#include "arete/data/row_description.hpp"

namespace arete {

namespace {

std::vector<std::string> gather_texts(const std::string& text, Communicator& communicator) {
  std::vector<std::string> texts;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(text)))) {
    texts.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return texts;
}

}  // namespace

void check_same(const std::string& name, const std::string& found, Communicator& communicator) {
  if (communicator.size() == 1) return;
  const std::vector<std::string> texts = gather_texts(found, communicator);
  if (found == texts.front()) return;
  constexpr std::size_t shown = 300;
  fail(ErrorKind::input, "{}: is {:.{}}; but on rank 0 it is {:.{}}; every rank needs the same",
       name, found, shown, texts.front(), shown);
}

void check_same_data(const SourceInfo& source, RowRange rows, Communicator& communicator) {
  check_same(source.name,
             fmt::format("rows {} to {} of {}, shaped {} of {}, {} ({:08x}), labels {:08x} of {} "
                         "classes: {}",
                         rows.first, rows.last, source.rows, fmt::join(source.shape, "x"),
                         name_of(source.type), describe_columns(source.column_names),
                         checksum_of_names(source.column_names), source.labels_checksum,
                         source.classes.size(), fmt::join(source.classes, ", ")),
             communicator);
}

std::string different_kernels(Communicator& communicator) {
  const std::vector<std::string> kernels =
      gather_texts(blas_kernels() + " on " + communicator.host(), communicator);
  const auto name_in = [](const std::string& text) { return text.substr(0, text.find(" on ")); };
  for (std::size_t r = 1; r < kernels.size(); ++r) {
    if (name_in(kernels[r]) == name_in(kernels[0])) continue;
    return fmt::format(
        "the ranks' CPUs differ (rank 0: OpenBLAS kernels {}; rank {}: {}), so the last bits of "
        "the "
        "model depend on which rank solved it; OPENBLAS_CORETYPE=Haswell, for instance, on all "
        "ranks makes them alike",
        kernels[0], r, kernels[r]);
  }
  return {};
}

}  // namespace arete
