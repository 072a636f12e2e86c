using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary>The doctor's look at an agent's start: what failed stands in the log from the beginning. Nothing waits for it.</summary>
internal sealed class StartCheck(ProcFileSystem proc, AgentOptions options, TimeProvider time, ILogger logger)
{
    private const ulong BytesPerMib = 1 << 20;

    /// <summary>Looks once, on a thread of the pool.</summary>
    internal Task RunAsync(DesiredState desired) => Task.Run(() =>
    {
        try
        {
            Look(desired);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            Log.HostNotChecked(logger, e.Message);
        }
    });

    private void Look(DesiredState desired)
    {
        ulong wanted = desired.Vms.Aggregate(0UL, static (sum, vm) => sum + ((ulong)MemoryDemand.LeastOf(vm) * BytesPerMib));
        HostFacts facts = new HostProbe(proc, options, time).Look() with { WantedBytes = wanted };
        IReadOnlyList<CheckResult> results = HostChecks.Judge(facts);
        foreach (CheckResult result in results.Where(static result => result.Status == CheckStatus.Fail))
        {
            Log.HostLacks(logger, result.ToString());
        }

        Log.HostChecked(
            logger, results.Count(static result => result.Status == CheckStatus.Fail), results.Count(static result => result.Status == CheckStatus.Warn));
    }
}
