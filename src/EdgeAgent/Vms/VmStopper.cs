using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>
/// Stops a VM: asks the guest; after its grace period asks the VMM with SIGTERM, which presses the guest's power button;
/// then ends the VMM with SIGKILL.
/// </summary>
internal sealed class VmStopper(VmTable table, AgentCounters counters, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Returns when the VMM has ended and its record says so.</summary>
    /// <exception cref="OperationCanceledException">The agent stops; the VM is stopped after its next start.</exception>
    internal async Task StopAsync(VmEntry entry, string reason, CancellationToken cancellation)
    {
        if (entry.Instance is not VmInstance instance || entry.Record is not VmRecord record)
        {
            return;
        }

        Log.VmStopping(logger, entry.Name.Value, reason);
        TimeSpan grace = record.Exit is null ? TimeSpan.FromSeconds(record.Spec.GracePeriodSeconds) + s_patience : TimeSpan.Zero;
        if (record.Exit is null)
        {
            AskGuest(entry, instance);
        }

        if (await EndsWithinAsync(instance, grace, cancellation))
        {
            return;
        }

        Signal(entry, instance, Signals.SIGTERM, "SIGTERM", grace);
        if (!await EndsWithinAsync(instance, s_patience, cancellation))
        {
            Signal(entry, instance, Signals.SIGKILL, "SIGKILL", grace + s_patience);
            await instance.Settled.WaitAsync(cancellation);
        }
    }

    private void AskGuest(VmEntry entry, VmInstance instance)
    {
        GuestShutdown shutdown = instance.Session.RequestStop();
        if (table.Note(entry, record => record with { Phase = VmPhase.Stopping }) is not null)
        {
            counters.StoreFaults.Increment();
        }

        // A guest that is not connected is told when it says hello.
        instance.Channel.TrySend(shutdown);
    }

    private void Signal(VmEntry entry, VmInstance instance, int signal, string name, TimeSpan waited)
    {
        Log.VmSignalled(logger, entry.Name.Value, waited.TotalSeconds, name, instance.Process.Pid);
        instance.Process.Signal(signal);
    }

    private async Task<bool> EndsWithinAsync(VmInstance instance, TimeSpan limit, CancellationToken cancellation)
    {
        try
        {
            await instance.Settled.WaitAsync(limit, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
