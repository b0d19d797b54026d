#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "arete/core/buffer.hpp"
#include "arete/core/matrix.hpp"
#include "arete/moments/int8_instructions.hpp"

namespace arete {

/// One chunk of rows, packed for Int8Gram. May be shared by several Int8Gram of the same
/// instructions and as many features that are not used at the same time.
struct Int8Panels {
  std::size_t most_rows;                ///< of a chunk
  Buffer<std::byte> first;              ///< factors
  Buffer<std::byte> second;             ///< factors; empty where both are the same
  std::vector<const std::byte*> rows;   ///< those of one class follow each other
  std::vector<std::size_t> class_ends;  ///< class k ends before rows[class_ends[k]]

  Int8Panels(const Int8Instructions& instructions, std::size_t features);
  /// Bytes that panels of `features` columns take.
  [[nodiscard]] static std::size_t size(const Int8Instructions& instructions,
                                        std::size_t features) noexcept;
};

/// Sums G = X'X and the class sums of rows of 8-bit integers: int8 products, int32 sums. What the
/// instructions shift is undone in 64-bit integers.
///
/// Threads form teams. A team has panels and int32 sums of its own and takes one chunk of rows
/// after another; its threads share the tiles of a chunk. Teams of one thread wait for nobody and
/// read nothing that another core wrote, but every team costs memory and a flush.
class Int8Gram {
 public:
  /// Throws Error (resource) for memory. Refers to `instructions`.
  Int8Gram(const Int8Instructions& instructions, std::size_t features, std::size_t classes,
           bool is_signed, std::size_t teams);
  /// Bytes of int32 sums of one team.
  [[nodiscard]] static std::size_t size(const Int8Instructions& instructions, std::size_t features,
                                        std::size_t classes) noexcept;

  /// Adds rows (each `features` bytes) with their classes, on `threads` threads; `panels` has an
  /// entry for each team. At most free_rows() rows.
  void add(std::span<const std::byte* const> rows, std::span<const std::int32_t> labels,
           std::span<Int8Panels> panels, int threads);

  /// Rows that add() may be given before the next flush: after one, the instructions' most_rows.
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
    Buffer<std::int32_t> gram;        ///< per panel its columns 0 .. end of the panel: [i][column]
    Matrix<std::int32_t> class_sums;  ///< classes x all panels' columns, of the first factors
  };

  static void clear(Team& team);
  void add_chunk(Team& team, Int8Panels& panels, int threads);
  void pack_panel(std::size_t panel, Team& team, Int8Panels& panels) const;
  void multiply(const Unit& unit, Team& team, const Int8Panels& panels) const;

  const Int8Instructions* instructions_;
  std::size_t features_;
  std::size_t classes_;
  bool is_signed_;
  std::size_t panels_;
  std::vector<Unit> units_;
  std::vector<Team> teams_;
  std::vector<std::int64_t> class_rows_;  ///< rows of each class since the last flush
};

}  // namespace arete
