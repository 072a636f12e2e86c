using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>Starts <see cref="ExecStage"/>s with posix_spawn(3), so that no managed process forks.</summary>
/// <param name="program">This program.</param>
/// <param name="environment">Environment of the stage itself, none of which its program gets.</param>
internal class StageLauncher(string program = StageLauncher.Self, params IReadOnlyList<string> environment)
{
    /// <summary>Room for an opaque posix_spawn_file_actions_t, which is 80 bytes in the C library of x86_64 and aarch64.</summary>
    internal const int FileActionsBytes = 256;

    private const string Self = "/proc/self/exe";

    /// <summary>Starts a stage whose descriptors 0 to 3 are those given: standard input, output, error, and status.</summary>
    /// <returns>Its process id.</returns>
    /// <exception cref="OsFaultException">It could not be started.</exception>
    internal virtual unsafe int Start(WorkloadPlan plan, params ReadOnlySpan<int> descriptors)
    {
        byte* actions = stackalloc byte[FileActionsBytes];
        using NativeStrings argv = new(ExecStage.ArgumentsFor(plan));
        using NativeStrings envp = new(environment);
        int pid;
        // SAFETY: the buffer is larger than the opaque structure; the C library copies what it needs before it returns.
        Require(Libc.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        for (int i = 0; i < descriptors.Length; i++)
        {
            Require(Libc.posix_spawn_file_actions_adddup2(actions, descriptors[i], i), "posix_spawn_file_actions_adddup2");
        }

        Require(Libc.posix_spawn(&pid, program, actions, null, argv.Pointer, envp.Pointer), "posix_spawn");
        _ = Libc.posix_spawn_file_actions_destroy(actions);
        return pid;
    }

    private void Require(int error, string call)
    {
        if (error != 0)
        {
            throw new OsFaultException(call, program, error);
        }
    }
}
