namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Where <c>microvm-init</c> is.</summary>
public enum GuestState
{
    /// <summary>Waits for its <see cref="GuestConfig"/>.</summary>
    AwaitingConfig = 0,

    /// <summary>The workload runs.</summary>
    Running = 1,

    /// <summary>The workload ended.</summary>
    Exited = 2,
}
