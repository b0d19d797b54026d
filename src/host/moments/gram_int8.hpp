#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "arete/core/buffer.hpp"
#include "arete/core/matrix.hpp"

namespace arete {

/// Whether this CPU has the instructions that Int8Gram needs (AVX-512 VNNI).
[[nodiscard]] bool has_int8_products() noexcept;

/// One chunk of rows, packed for Int8Gram in panels of 32 columns:
/// [panel][group of 4 rows][column][row]. May be shared by several Int8Gram of as many features
/// that are not used at the same time.
struct Int8Panels {
  std::size_t most_rows = 0;  ///< of a chunk
  Buffer<std::uint8_t> unsigned_bytes;
  Buffer<std::int8_t> signed_bytes;     ///< the same values with the other sign
  std::vector<const std::byte*> rows;   ///< those of one class follow each other
  std::vector<std::size_t> class_ends;  ///< class k ends before rows[class_ends[k]]

  explicit Int8Panels(std::size_t features);
  /// Bytes that panels of `features` columns take.
  [[nodiscard]] static std::size_t size(std::size_t features) noexcept;
};

/// Sums G = X'X and the class sums of rows of 8-bit integers: int8 products, int32 sums.
///
/// The instruction vpdpbusd multiplies unsigned by signed bytes, four at a time, so one factor of
/// each product is shifted by 128. For unsigned x:  sum x_j (x_i - 128) = G_ij - 128 s_j.
/// For signed x:  sum (x_j + 128) x_i = G_ij + 128 s_i.  The shift is undone in 64-bit integers.
///
/// Threads form teams. A team has panels and int32 sums of its own and takes one chunk of rows
/// after another; its threads share the tiles of a chunk. Teams of one thread wait for nobody and
/// read nothing that another core wrote, but every team costs memory and a flush.
class Int8Gram {
 public:
  /// int32 sums of u8 x s8 products cannot overflow before 65,793 rows (255 x 128 x rows < 2^31).
  static constexpr std::size_t most_rows = 65536;

  /// Throws Error (unavailable) where has_int8_products() is false, (resource) for memory.
  Int8Gram(std::size_t features, std::size_t classes, bool is_signed, std::size_t teams);
  /// Bytes of int32 sums of one team.
  [[nodiscard]] static std::size_t size(std::size_t features, std::size_t classes) noexcept;

  /// Adds rows (each `features` bytes) with their classes, on `threads` threads; `panels` has an
  /// entry for each team. At most free_rows() rows.
  void add(std::span<const std::byte* const> rows, std::span<const std::int32_t> labels,
           std::span<Int8Panels> panels, int threads);

  /// Rows that add() may be given before the next flush. It is most_rows after a flush.
  [[nodiscard]] std::size_t free_rows() const noexcept;

  /// Adds what was summed so far to G (features x features, j >= i) and S (classes x features), and
  /// starts again from zero.
  void flush(Matrix<double>& gram, Matrix<double>& class_sums, int threads);

 private:
  struct Unit {  ///< a share of one panel's tiles
    std::size_t panel;
    std::size_t first_column;
    std::size_t last_column;
  };
  struct Team {
    std::size_t rows = 0;             ///< added since the last flush
    Buffer<std::int32_t> gram;        ///< per panel its columns 0 .. 32 (panel + 1): [i][32]
    Matrix<std::int32_t> class_sums;  ///< classes x (32 panels), of the unsigned bytes
  };

  static void clear(Team& team);
  void add_chunk(Team& team, Int8Panels& panels, int threads);

  std::size_t features_;
  std::size_t classes_;
  bool is_signed_;
  std::size_t panels_;
  std::vector<Unit> units_;
  std::vector<Team> teams_;
  std::vector<std::int64_t> class_rows_;  ///< rows of each class since the last flush
};

}  // namespace arete
