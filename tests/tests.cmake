target_sources(arete_reference PRIVATE
  reference/placeholder.cpp)
