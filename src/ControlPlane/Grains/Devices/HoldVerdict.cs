namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>How what a device holds compares with what it should hold.</summary>
internal enum HoldVerdict
{
    /// <summary>The same.</summary>
    Same,

    /// <summary>Older: the desired state is to be sent.</summary>
    Older,

    /// <summary>
    /// Newer: this control plane forgot something, as when it was restored from a backup. Nothing is sent: that would be
    /// a silent downgrade. An operator has to see it.
    /// </summary>
    Newer,

    /// <summary>The same generation with other content; the same cause, and nothing is sent either.</summary>
    Diverged,
}
