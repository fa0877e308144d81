# The layer rule of docs/ARCHITECTURE.md, enforced by the build.
#
#   add_layer(NAME SOURCES a.c b.c USES base calendar LIBS PkgConfig::X)
#
# makes a static library from the sources of the current folder. USES names other layers; each must be in
# LAYER_MAY_USE_<NAME>, or configuration stops. LIBS names third-party libraries; they are linked privately, so
# that no other layer sees their headers by accident.

set(LAYER_MAY_USE_base "")
set(LAYER_MAY_USE_locale base)
set(LAYER_MAY_USE_calendar base)
set(LAYER_MAY_USE_proto base)
set(LAYER_MAY_USE_wire proto base)
set(LAYER_MAY_USE_client wire proto base)
set(LAYER_MAY_USE_rules base calendar)
set(LAYER_MAY_USE_core rules calendar base)
set(LAYER_MAY_USE_store core rules calendar base)
set(LAYER_MAY_USE_shell core rules calendar store proto base)
set(LAYER_MAY_USE_host shell wire proto rules calendar store core base)
set(LAYER_MAY_USE_programs client wire proto calendar locale base)

function(check_layer_uses name)
	foreach(used IN LISTS ARGN)
		if(NOT used IN_LIST LAYER_MAY_USE_${name})
			message(FATAL_ERROR "layer '${name}' may not use layer '${used}': "
				"it may use only [${LAYER_MAY_USE_${name}}] (docs/ARCHITECTURE.md)")
		endif()
	endforeach()
endfunction()

function(add_layer name)
	cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBS" ${ARGN})
	check_layer_uses(${name} ${ARG_USES})
	add_library(${name} STATIC ${ARG_SOURCES})
	set_target_properties(${name} PROPERTIES OUTPUT_NAME wz-${name} POSITION_INDEPENDENT_CODE ON)
	foreach(used IN LISTS ARG_USES)
		target_link_libraries(${name} PUBLIC ${used})
	endforeach()
	target_link_libraries(${name} PRIVATE ${ARG_LIBS})
	target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

# A program outside daemon/: it may use the client's layers, never the daemon's.
function(add_program name)
	cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBS" ${ARGN})
	check_layer_uses(programs ${ARG_USES})
	add_executable(${name} ${ARG_SOURCES})
	target_link_libraries(${name} PRIVATE ${ARG_USES} ${ARG_LIBS})
endfunction()

# A unit test links its layer and nothing else of ours: tests/unit/<layer>/test_<idea>.c
function(add_unit_test layer idea)
	set(target test-${layer}-${idea})
	add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/unit/${layer}/test_${idea}.c)
	target_link_libraries(${target} PRIVATE ${layer} test-support PkgConfig::CMOCKA)
	add_test(NAME unit/${layer}/${idea} COMMAND ${target} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
	set_tests_properties(unit/${layer}/${idea} PROPERTIES TIMEOUT 120 LABELS unit)
endfunction()
