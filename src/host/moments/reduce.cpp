#include "arete/moments/reduce.hpp"

#include <algorithm>
#include <array>

#include "arete/core/buffer.hpp"

namespace arete {

namespace {

constexpr std::size_t piece_elements = std::size_t{4} << 20;  // 32 MiB: long beside the latency

void reduce_upper_triangle(Matrix<double>& gram, Communicator& communicator) {
  const std::size_t d = gram.columns();
  Buffer<double> piece(std::min(d * (d + 1) / 2, std::max(piece_elements, d)));
  for (std::size_t first = 0; first < d;) {
    std::size_t last = first;
    std::size_t count = 0;
    for (; last < d && count + d - last <= piece.size(); ++last) {
      std::copy(&gram(last, last), gram.row(last).data() + d, piece.data() + count);
      count += d - last;
    }
    communicator.all_reduce_sum(piece.span().first(count));
    const double* sums = piece.data();
    for (; first < last; ++first) {
      std::copy_n(sums, d - first, &gram(first, first));
      sums += d - first;
    }
  }
}

}  // namespace

void reduce(Moments& moments, Communicator& communicator) {
  std::array<std::uint64_t, 2> counts{moments.rows, moments.exact ? 0U : 1U};
  communicator.all_reduce_sum(std::span<std::uint64_t>(counts));
  moments.rows = counts[0];
  moments.exact = counts[1] == 0;
  communicator.all_reduce_sum(std::span(moments.class_counts));
  communicator.all_reduce_sum(std::span(moments.column_sums));
  communicator.all_reduce_sum(moments.class_sums.span());
  reduce_upper_triangle(moments.gram, communicator);
}

}  // namespace arete
