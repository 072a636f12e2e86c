namespace MicroVm.EdgeAgent.Vms;

/// <summary>A VM cannot have something of the device that it needs to start.</summary>
internal class ResourceFaultException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">One word in CamelCase, as in a VM's status.</param>
    /// <param name="message">One line for people: what is missing, expected, found.</param>
    /// <param name="inner">What was thrown.</param>
    public ResourceFaultException(string reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>Creates the exception without a reason.</summary>
    public ResourceFaultException(string message, Exception? inner)
        : this("", message, inner)
    {
    }

    /// <summary>Creates the exception without a reason.</summary>
    public ResourceFaultException(string message)
        : this("", message)
    {
    }

    /// <summary>Creates the exception without a reason.</summary>
    public ResourceFaultException()
        : this("", "")
    {
    }

    /// <summary>One word in CamelCase.</summary>
    public string Reason { get; }
}
