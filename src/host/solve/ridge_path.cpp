#include "arete/solve/ridge_path.hpp"

namespace arete {

std::string_view name_of(SolveStatus status) noexcept {
  return status == SolveStatus::solved ? "solved" : "not positive definite";
}

}  // namespace arete
