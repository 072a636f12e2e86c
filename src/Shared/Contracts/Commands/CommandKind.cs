namespace MicroVm.Shared.Contracts.Commands;

/// <summary>What a device is to do once.</summary>
public enum CommandKind
{
    /// <summary>Trust the bundle in the argument from now on.</summary>
    Trust = 1,

    /// <summary>Report, then delete VMs, state and keys.</summary>
    Decommission = 2,
}
