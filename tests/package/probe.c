/*
 * What a process may do in the place where it is run, one line each: "allowed" or "denied", and what. Run by the
 * daemon's unit in the daemon's stead it shows what the sandbox forbids; run without a unit, that the same acts are
 * possible otherwise.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool reads(const char *path)
{
	char byte;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool is_read = file >= 0 && read(file, &byte, 1) >= 0;
	if (file >= 0)
		close(file);
	return is_read;
}

static bool lists(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int count = 0;
	while (folder && (entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return count > 0;
}

static bool writes(const char *folder)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/wenzheng-probe", folder);
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool is_written = file >= 0 && write(file, "x", 1) == 1 && fsync(file) == 0;
	if (file >= 0)
		close(file);
	unlink(path);
	return is_written;
}

static bool sets(const char *path)
{
	char text[64];
	int file = open(path, O_RDWR | O_CLOEXEC);
	ssize_t size = file >= 0 ? read(file, text, sizeof(text)) : -1;
	bool is_set = size > 0 && pwrite(file, text, (size_t)size, 0) == size; /* as it was */
	if (file >= 0)
		close(file);
	return is_set;
}

static bool has_socket(int family, int type)
{
	int fd = socket(family, type, 0);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* In a child, whose life may end of it. */
static bool child_does(bool (*act)(void))
{
	int status = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		_exit(act() ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool runs(const char *path)
{
	int status = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		execl(path, path, "-c", "exit 0", (char *)NULL);
		_exit(126);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A program of its own making: a copy of the shell. */
static bool runs_from(const char *folder)
{
	char path[256], bytes[65536];
	snprintf(path, sizeof(path), "%s/wenzheng-probe-sh", folder);
	int from = open("/bin/sh", O_RDONLY | O_CLOEXEC), to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	ssize_t size;
	while (from >= 0 && to >= 0 && (size = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)size) != size)
			break;
	close(from);
	close(to);
	bool is_run = runs(path);
	unlink(path);
	return is_run;
}

static const char *state(void)
{
	const char *folder = getenv("STATE_DIRECTORY");
	return folder ? folder : "/var/lib/wenzheng";
}

static bool map_for_writing_and_running(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool turn_data_into_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool make_a_user_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool make_a_network_namespace(void)
{
	return unshare(CLONE_NEWNET) == 0;
}

static bool mount_something(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL) == 0 && umount("/tmp") == 0;
}

static bool change_root(void)
{
	return chroot("/tmp") == 0;
}

static bool become_somebody_else(void)
{
	return setuid(getuid() == 1 ? 2 : 1) == 0;
}

static bool give_a_file_away(void)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/wenzheng-probe-own", state());
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool is_given = file >= 0 && fchown(file, 1, 1) == 0;
	close(file);
	unlink(path);
	return is_given;
}

static bool make_a_setuid_program(void)
{
	char path[256];
	struct stat status;
	snprintf(path, sizeof(path), "%s/wenzheng-probe-suid", state());
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool is_made = file >= 0 && fchmod(file, 04755) == 0 && fstat(file, &status) == 0 && status.st_mode & S_ISUID;
	close(file);
	unlink(path);
	return is_made;
}

static bool make_a_device(void)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/wenzheng-probe-device", state());
	bool is_made = mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0;
	unlink(path);
	return is_made;
}

static bool take_real_time(void)
{
	struct sched_param param = {.sched_priority = 1};
	return sched_setscheduler(0, SCHED_FIFO, &param) == 0;
}

static bool go_before_others(void)
{
	return setpriority(PRIO_PROCESS, 0, -5) == 0;
}

static bool allow_itself_a_core(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
	return setrlimit(RLIMIT_CORE, &limit) == 0;
}

static bool set_the_clock(void)
{
	struct timespec now;
	return clock_gettime(CLOCK_REALTIME, &now) == 0 && clock_settime(CLOCK_REALTIME, &now) == 0;
}

static bool rename_the_machine(void)
{
	char name[65] = "";
	return gethostname(name, sizeof(name)) == 0 && sethostname(name, strlen(name)) == 0;
}

static bool change_personality(void)
{
	return personality(PER_LINUX32) >= 0;
}

static bool see_other_processes(void)
{
	return access("/proc/1/status", F_OK) == 0 && reads("/proc/1/status");
}

static bool signal_the_first_process(void)
{
	return kill(1, 0) == 0;
}

static bool trace_the_first_process(void)
{
	return ptrace(PTRACE_SEIZE, 1, NULL, NULL) == 0;
}

static bool load_a_kernel_module(void)
{
	return syscall(SYS_init_module, "", 0UL, "") == 0 || errno == ENOEXEC;
}

static bool use_swap(void)
{
	return syscall(SYS_swapoff, "/nowhere") == 0 || errno == ENOENT;
}

static bool use_bpf(void)
{
	char attributes[128] = {0};
	return syscall(SYS_bpf, 0 /* BPF_MAP_CREATE */, attributes, sizeof(attributes)) >= 0 || errno == EINVAL;
}

static bool has_privileges(void)
{
	char line[128];
	unsigned long long effective = 1;
	FILE *status = fopen("/proc/self/status", "re");
	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "CapBnd: %llx", &effective);
	if (status)
		fclose(status);
	return effective != 0;
}

static bool serves_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(server, (struct sockaddr *)&address, size) == 0 && listen(server, 1) == 0 &&
	       getsockname(server, (struct sockaddr *)&address, &size) == 0 &&
	       connect(client, (struct sockaddr *)&address, size) == 0;
}

static bool reads_credential(const char *name)
{
	char path[256];
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "/nowhere", name);
	return reads(path);
}

static void say(const char *what, bool is_possible)
{
	printf("%s %s\n", is_possible ? "allowed" : "denied", what);
}

int main(void)
{
	signal(SIGSYS, SIG_DFL);
	/* What the daemon does. */
	say("need: read its CURVE key", reads_credential("wenzhengd.key_secret"));
	say("need: read the query codes' key", reads_credential("query-code.key"));
	say("need: read the contact key", reads_credential("contact.key"));
	say("need: write and sync the store's folder", writes(state()));
	say("need: read its configuration", reads("/etc/wenzheng/wenzhengd.yaml"));
	say("need: serve and connect by TCP", serves_tcp());
	say("need: write its own /tmp", writes("/tmp"));
	/* What it never does. */
	say("read the keys in /etc", reads("/etc/wenzheng/keys/wenzhengd.key_secret"));
	say("list the keys in /etc", lists("/etc/wenzheng/keys"));
	say("read the password hashes", reads("/etc/shadow"));
	say("list /root", lists("/root"));
	say("list /home", lists("/home"));
	say("see others' files in /tmp", access("/tmp/wenzheng-of-others", F_OK) == 0);
	say("write /etc", writes("/etc"));
	say("write its own configuration", writes("/etc/wenzheng"));
	say("write /usr", writes("/usr"));
	say("write /var", writes("/var"));
	say("write /var/lib", writes("/var/lib"));
	say("write /run", writes("/run"));
	say("run a shell", runs("/bin/sh"));
	say("run a program of its own from the store's folder", runs_from(state()));
	say("run a program of its own from /tmp", runs_from("/tmp"));
	say("map memory for writing and running", child_does(map_for_writing_and_running));
	say("turn data into code", child_does(turn_data_into_code));
	say("open a netlink socket", has_socket(AF_NETLINK, SOCK_RAW));
	say("open a packet socket", has_socket(AF_PACKET, SOCK_RAW));
	say("open a raw IP socket", has_socket(AF_INET, SOCK_RAW));
	say("open a key socket of the kernel's cryptography", has_socket(AF_ALG, SOCK_SEQPACKET));
	say("make a user namespace", child_does(make_a_user_namespace));
	say("make a network namespace", child_does(make_a_network_namespace));
	say("mount a file system", child_does(mount_something));
	say("change its root", child_does(change_root));
	say("become somebody else", child_does(become_somebody_else));
	say("give a file away", child_does(give_a_file_away));
	say("make a setuid program", child_does(make_a_setuid_program));
	say("make a device", child_does(make_a_device));
	say("open the kernel's messages", reads("/dev/kmsg"));
	say("take real-time priority", child_does(take_real_time));
	say("go before others", child_does(go_before_others));
	say("allow itself a core dump", child_does(allow_itself_a_core));
	say("set the clock", child_does(set_the_clock));
	say("rename the machine", child_does(rename_the_machine));
	say("change its personality", child_does(change_personality));
	say("see other processes", see_other_processes());
	say("signal the first process", signal_the_first_process());
	say("trace the first process", child_does(trace_the_first_process));
	say("set a kernel's variable", sets("/proc/sys/kernel/hostname"));
	say("write a control group", writes("/sys/fs/cgroup"));
	say("load a kernel module", child_does(load_a_kernel_module));
	say("use swap", child_does(use_swap));
	say("use bpf", child_does(use_bpf));
	say("hold a capability", has_privileges());
	return 0;
}
