namespace MicroVm.Vmm.Control;

/// <summary>What <c>GET /</c> tells: who this VM is and whether it runs. On the event-loop thread only.</summary>
internal sealed class InstanceInfo(string id)
{
    /// <summary>Name of the VM, from --id.</summary>
    internal string Id { get; } = id;

    /// <summary>Whether it runs.</summary>
    internal InstanceState State { get; set; }

    /// <summary>Firecracker's word for <see cref="State"/>.</summary>
    internal string StateName => State switch
    {
        InstanceState.Running => "Running",
        InstanceState.Paused => "Paused",
        _ => "Not started",
    };
}
