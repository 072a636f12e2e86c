namespace MicroVm.EdgeAgent.Vms;

/// <summary>What a VM's probes say.</summary>
/// <param name="StartedUp">Its workload has started up.</param>
/// <param name="Ready">Its workload is ready.</param>
/// <param name="Message">What the probe that says no found; empty when none does.</param>
internal sealed record VmHealth(bool StartedUp, bool Ready, string Message);
