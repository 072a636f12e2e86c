namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What is noted of a device that was let into the new revision.</summary>
[GenerateSerializer]
[Immutable]
internal sealed record Admission
{
    /// <summary>The try that it belongs to.</summary>
    [Id(0)]
    public required int Attempt { get; init; }

    /// <summary>When it was told.</summary>
    [Id(1)]
    public required DateTimeOffset At { get; init; }

    /// <summary>Since when it has had the chance to become ready: told, back from being away, or forgiven.</summary>
    [Id(2)]
    public required DateTimeOffset Since { get; init; }

    /// <summary>Since when it is ready without a break; null while it is not.</summary>
    [Id(3)]
    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>Since when it is away; null while it is connected.</summary>
    [Id(4)]
    public DateTimeOffset? OfflineAt { get; init; }

    /// <summary>Why it has failed; empty when it has not.</summary>
    [Id(5)]
    public string Failure { get; init; } = "";

    /// <summary>When it failed.</summary>
    [Id(6)]
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>Restarts that do not count, because they were forgiven.</summary>
    [Id(7)]
    public int ForgivenRestarts { get; init; }
}
