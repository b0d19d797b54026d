#include "device/moments/slice.hpp"

#include <span>

#include "arete/core/error.hpp"

namespace arete::device {

SliceLayout lay_out(const RowBlock& block, std::size_t first, std::size_t rows,
                    const PartRule& rule, std::size_t classes) {
  const auto labels = std::span(block.labels).subspan(first, rows);
  SliceLayout layout;
  layout.classes = classes;
  const auto parts = static_cast<std::size_t>(part_count(rule));
  // Counting sort: each row's place among parts x (classes + 1) lists, of which the last of each
  // part stays empty.
  std::vector<std::size_t> list(labels.size());
  std::vector<std::uint32_t> next(parts * (classes + 1) + 1, 0);
  for (std::size_t r = 0; r < labels.size(); ++r) {
    if (labels[r] < 0 || static_cast<std::size_t>(labels[r]) >= classes) {
      fail(ErrorKind::internal, "row {} has the label {} of {} classes", block.number(first + r),
           labels[r], classes);
    }
    const auto part = static_cast<std::size_t>(part_of(rule, block.number(first + r)));
    list[r] = part * (classes + 1) + static_cast<std::size_t>(labels[r]);
    ++next[list[r] + 1];
  }
  for (std::size_t l = 1; l < next.size(); ++l) next[l] += next[l - 1];
  layout.class_begin.assign(next.begin(), next.end() - 1);
  layout.order.resize(labels.size());
  for (std::size_t r = 0; r < labels.size(); ++r) {
    layout.order[next[list[r]]++] = static_cast<std::uint32_t>(r);
  }
  return layout;
}

}  // namespace arete::device
