using MicroVm.EdgeAgent.Vms;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>A VM cannot have its network.</summary>
internal sealed class NetworkFaultException : ResourceFaultException
{
    /// <summary>The host lacks something that networks need.</summary>
    internal const string NetworkUnavailable = nameof(NetworkUnavailable);

    /// <summary>Somebody else has a port of the device.</summary>
    internal const string PortConflict = nameof(PortConflict);

    /// <summary>Creates the exception.</summary>
    public NetworkFaultException(string reason, string message, Exception? inner = null)
        : base(reason, message, inner)
    {
    }

    /// <summary>Creates an exception for a host that lacks something.</summary>
    public NetworkFaultException(string message, Exception? inner)
        : base(NetworkUnavailable, message, inner)
    {
    }

    /// <summary>Creates an exception for a host that lacks something.</summary>
    public NetworkFaultException(string message)
        : base(NetworkUnavailable, message)
    {
    }

    /// <summary>Creates an exception for a host that lacks something unknown.</summary>
    public NetworkFaultException()
        : this("the host lacks something that networks need")
    {
    }
}
