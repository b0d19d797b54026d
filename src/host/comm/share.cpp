#include "arete/comm/share.hpp"

#include <algorithm>

namespace arete {

RowRange share_of(RowRange rows, int rank, int size, std::uint64_t first_number,
                  std::uint64_t align) noexcept {
  const std::uint64_t first = first_number + rows.first;
  const std::uint64_t last = first_number + rows.last;
  const std::uint64_t first_unit = first / align;
  const std::uint64_t units = rows.size() == 0 ? 0 : (last - 1) / align - first_unit + 1;
  const auto start_of = [&](int r) {
    // 128 bits: the product of a number of rows and a rank may outgrow 64.
    __extension__ using Wide = unsigned __int128;
    const auto unit = static_cast<std::uint64_t>(Wide{units} * static_cast<std::uint64_t>(r) /
                                                 static_cast<std::uint64_t>(size));
    return std::clamp((first_unit + unit) * align, first, last) - first_number;
  };
  return {start_of(rank), rank + 1 == size ? rows.last : start_of(rank + 1)};
}

}  // namespace arete
