using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Sessions;

/// <summary>What a session has to know of its VM.</summary>
/// <param name="Refusal">Why it cannot be looked into, in a line; empty when it can.</param>
/// <param name="VsockPath">Its vsock socket.</param>
/// <param name="Stopped">Completes when it has stopped.</param>
internal sealed record SessionVm(string Refusal, string VsockPath, Task Stopped)
{
    /// <summary>The VM as the agent knows it.</summary>
    internal static SessionVm Of(ResourceName vm, VmTable table, VmPaths paths)
    {
        VmEntry? entry = table.Find(vm);
        if (entry?.Instance is VmInstance instance)
        {
            return new SessionVm("", paths.Vsock(vm), instance.Process.Exited);
        }

        VmPhase? phase = entry?.Remark?.Phase ?? entry?.Record?.Phase;
        return new SessionVm(phase is null ? $"VM '{vm}' is not on this device" : $"VM '{vm}' does not run: it is {phase}", "", Task.CompletedTask);
    }
}
