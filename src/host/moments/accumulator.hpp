#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/comm/communicator.hpp"
#include "arete/moments/convert_rows.hpp"
#include "arete/moments/gram_float64.hpp"
#include "arete/moments/gram_int8.hpp"
#include "arete/moments/moments.hpp"

namespace arete {

/// Memory that the accumulators of a session take turns in.
struct AccumulatorWorkspace {
  Float64Gram floats;
  std::vector<Int8Panels> panels;  ///< one per team of Int8Gram; made when first needed
  std::size_t teams;

  AccumulatorWorkspace(std::size_t features, std::size_t classes, std::size_t int8_teams)
      : floats(features, classes), teams(int8_teams) {}
};

/// Sums the rows of one part on the CPU. 8-bit integers, and floats that turn out to be such, take
/// the int8 products where the CPU has them; everything else is summed in float64.
class Accumulator {
 public:
  /// Throws Error (unavailable) when `kernel` is vnni and the CPU lacks it, or a GPU's.
  Accumulator(std::size_t features, const ClassList& classes, ElementType type,
              IntegerKernel kernel);

  /// Adds groups of rows, in their order; each has shard_rows rows at most. `workspace` may be
  /// shared by accumulators that are not used at the same time. Throws Error (input) naming
  /// `source` for NaN and infinity, and for integers whose sums outgrow 2^53.
  void add(std::span<const RowGroup> groups, std::string_view source,
           AccumulatorWorkspace& workspace, int threads);
  /// Adds moments computed elsewhere, of the same classes.
  void add(const Moments& moments, int threads);

  /// Replaces the sums by those of all ranks, on every rank. Throws as add does.
  void reduce(Communicator& communicator, int threads);

  /// The sums of everything added so far; gives the memory of the int32 sums back.
  [[nodiscard]] Moments& moments(int threads);

 private:
  void add_int8(const RowGroup& group, AccumulatorWorkspace& workspace, int threads);
  void add_floats(std::span<const RowGroup> groups, std::string_view source,
                  AccumulatorWorkspace& workspace, int threads);
  void add_narrowed(const RowGroup& group, bool is_signed, AccumulatorWorkspace& workspace,
                    int threads);
  void count(const RowGroup& group);
  Int8Gram& int8_gram(bool is_signed, std::size_t teams);
  void flush(int threads);
  void check_limit();

  ElementType type_;
  bool int8_products_;
  Moments moments_;
  std::optional<Int8Gram> unsigned_gram_;
  std::optional<Int8Gram> signed_gram_;
};

}  // namespace arete
