using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    // Larger than posix_spawn_file_actions_t (80) and posix_spawnattr_t (336) of glibc on every 64-bit architecture.
    private const int SpawnStructureBytes = 1024;
    private const int SignalSetBytes = 128;
    private const short SpawnSetSigmask = 0x08;
    private const short SpawnSetSigdef = 0x04;
    private const short SpawnSetsid = 0x80;
    private const int OReadWrite = 2, OCreate = 0x40, OTruncate = 0x200, OAppend = 0x400;
    private const uint OwnerOnly = 0x180;

    [LibraryImport("libc")]
    private static partial int posix_spawn(int* pid, byte* path, void* fileActions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(void* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(void* actions, int fd, int newFd);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int from);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(void* attributes, void* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);

    /// <summary>
    /// Starts a program in a session of its own, so that it outlives this process and its terminal, with an empty
    /// environment, default signal handling and no descriptor but the standard three (posix_spawn(3)).
    /// </summary>
    /// <returns>The process id; the caller reaps it.</returns>
    /// <exception cref="OsFaultException">The program could not be started.</exception>
    internal static int PosixSpawn(SpawnRequest request)
    {
        using NativeStringList arguments = new(request.Arguments);
        using NativeStringList environment = new([]);
        using NativeStringList path = new([request.Path]);
        // SAFETY: both structures are on this frame and larger than the C library's; every pointer outlives the call.
        byte* actions = stackalloc byte[SpawnStructureBytes];
        byte* attributes = stackalloc byte[SpawnStructureBytes];
        Check("posix_spawn_file_actions_init", posix_spawn_file_actions_init(actions));
        Check("posix_spawnattr_init", posix_spawnattr_init(attributes));
        try
        {
            AddFileActions(actions, request.OutputPath);
            SetAttributes(attributes);
            int pid;
            Check($"posix_spawn({request.Path})",
                posix_spawn(&pid, path.Pointer[0], actions, attributes, arguments.Pointer, environment.Pointer));
            return pid;
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    private static void AddFileActions(byte* actions, string outputPath)
    {
        Check("posix_spawn_file_actions_addopen", posix_spawn_file_actions_addopen(actions, 0, "/dev/null", OReadWrite, 0));
        Check("posix_spawn_file_actions_addopen",
            posix_spawn_file_actions_addopen(actions, 1, outputPath, OReadWrite | OCreate | OTruncate | OAppend, OwnerOnly));
        Check("posix_spawn_file_actions_adddup2", posix_spawn_file_actions_adddup2(actions, 1, 2));
        Check("posix_spawn_file_actions_addclosefrom_np", posix_spawn_file_actions_addclosefrom_np(actions, 3));
    }

    private static void SetAttributes(byte* attributes)
    {
        // The runtime ignores SIGPIPE and blocks nothing that a VMM may rely on; the child starts from the defaults.
        // SAFETY: sigset_t is 128 bytes in glibc; all zero is the empty set, all one is every signal.
        byte* none = stackalloc byte[SignalSetBytes];
        byte* all = stackalloc byte[SignalSetBytes];
        new Span<byte>(none, SignalSetBytes).Clear();
        new Span<byte>(all, SignalSetBytes).Fill(0xFF);
        Check("posix_spawnattr_setflags",
            posix_spawnattr_setflags(attributes, SpawnSetSigmask | SpawnSetSigdef | SpawnSetsid));
        Check("posix_spawnattr_setsigmask", posix_spawnattr_setsigmask(attributes, none));
        Check("posix_spawnattr_setsigdefault", posix_spawnattr_setsigdefault(attributes, all));
    }

    /// <summary>The posix_spawn family returns its error instead of setting errno.</summary>
    private static void Check(string call, int error)
    {
        if (error != 0)
        {
            throw new OsFaultException(call, error);
        }
    }
}
