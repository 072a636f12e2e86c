namespace MicroVm.EdgeAgent.Local;

/// <summary>What somebody on the device may ask of its agent.</summary>
internal enum LocalVerb
{
    /// <summary>The agent: what it holds, whether it is connected, what went wrong.</summary>
    Status,

    /// <summary>The VMs.</summary>
    Vms,

    /// <summary>What happened lately.</summary>
    Events,

    /// <summary>Lines of one VM's workload.</summary>
    Logs,

    /// <summary>A session with one VM: after <c>ok</c> the connection carries its frames.</summary>
    Session,

    /// <summary>Lets changes of the desired state wait.</summary>
    Pause,

    /// <summary>Lets them through again.</summary>
    Resume,

    /// <summary>Takes a bundle, or only looks at it: after <c>ok</c> the asker sends it.</summary>
    Apply,
}
