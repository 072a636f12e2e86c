namespace MicroVm.Shared.Contracts.Api;

/// <summary>Something that happened on a device or at the control plane.</summary>
/// <param name="Id">Rises with every event kept; <c>?after=</c> takes it.</param>
/// <param name="Time">When, by the clock of the device; of the control plane when it is its own event.</param>
/// <param name="Device">Device id; empty when it is about several.</param>
/// <param name="Vm">VM name; empty when it is not about one.</param>
/// <param name="Type"><see cref="Normal"/>, or <see cref="Warning"/> when somebody may have to do something.</param>
/// <param name="Reason">One word for programs.</param>
/// <param name="Message">One line for people.</param>
public sealed record EventView(long Id, DateTimeOffset Time, string Device, string Vm, string Type, string Reason, string Message)
{
    /// <summary>The types.</summary>
    public const string Normal = "Normal", Warning = "Warning";
}
