using MicroVm.EdgeAgent.Vms;

namespace MicroVm.EdgeAgent.Volumes;

/// <summary>A VM cannot have a volume.</summary>
internal sealed class VolumeFaultException : ResourceFaultException
{
    /// <summary>The disk is too small.</summary>
    internal const string NoSpace = nameof(NoSpace);

    /// <summary>The volume is larger than it should be; it never shrinks.</summary>
    internal const string VolumeShrink = nameof(VolumeShrink);

    /// <summary>The volume cannot be made, read or mended.</summary>
    internal const string VolumeFault = nameof(VolumeFault);

    /// <summary>Creates the exception.</summary>
    public VolumeFaultException(string reason, string message, Exception? inner = null)
        : base(reason, message, inner)
    {
    }

    /// <summary>Creates an exception for a volume that cannot be used.</summary>
    public VolumeFaultException(string message, Exception? inner)
        : base(VolumeFault, message, inner)
    {
    }

    /// <summary>Creates an exception for a volume that cannot be used.</summary>
    public VolumeFaultException(string message)
        : base(VolumeFault, message)
    {
    }

    /// <summary>Creates an exception for a volume that cannot be used, for a reason that is not known.</summary>
    public VolumeFaultException()
        : this("a volume cannot be used")
    {
    }
}
