#include "client/wenzheng/wenzheng.h"

const char *wz_version(void)
{
	return WENZHENG_VERSION;
}
