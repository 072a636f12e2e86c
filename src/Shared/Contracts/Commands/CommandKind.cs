namespace MicroVm.Shared.Contracts.Commands;

/// <summary>What a device is to do once.</summary>
public enum CommandKind
{
    /// <summary>Trust the bundle in the argument from now on.</summary>
    Trust = 1,

    /// <summary>Report, then delete VMs, state and keys.</summary>
    Decommission = 2,

    /// <summary>Call back for the session that the argument, a <see cref="Sessions.SessionOrder"/>, names.</summary>
    OpenSession = 3,

    /// <summary>Delete the volume that the argument, a <see cref="VolumeOrder"/>, names. Refused while a VM that the device should run has it.</summary>
    DeleteVolume = 4,
}
