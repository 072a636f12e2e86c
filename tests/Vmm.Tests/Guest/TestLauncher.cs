using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Tests.Guest;

/// <summary>Starts this program's own exec stage and knows what it started: tests run beside others in one process.</summary>
internal sealed unsafe class TestLauncher() : StageLauncher(
    Path.Combine(AppContext.BaseDirectory, "microvm-init"), $"DOTNET_ROOT={Environment.GetEnvironmentVariable("DOTNET_ROOT")}")
{
    private const int NoHang = 1;

    private readonly List<int> _ended = [];

    /// <summary>Every process that was started.</summary>
    internal List<int> Pids { get; } = [];

    /// <summary>Those whose end was not taken yet.</summary>
    internal IEnumerable<int> Running => Pids.Except(_ended);

    internal override int Start(WorkloadPlan plan, params ReadOnlySpan<int> descriptors)
    {
        int pid = base.Start(plan, descriptors);
        Pids.Add(pid);
        return pid;
    }

    /// <summary>Gives the children that ended to whom they belong.</summary>
    internal void TakeEnded(Func<int, int, bool> take)
    {
        foreach (int pid in Running.ToArray())
        {
            int status;
            // SAFETY: the kernel writes one int.
            if (Libc.waitpid(pid, &status, NoHang) == pid)
            {
                _ended.Add(pid);
                Assert.True(take(pid, ChildStatus.ExitCodeOf(status)), $"expected process {pid} to be known");
            }
        }
    }
}
