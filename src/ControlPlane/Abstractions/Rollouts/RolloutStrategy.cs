using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>How a revision spreads over a deployment's devices.</summary>
[GenerateSerializer]
[Immutable]
public sealed record RolloutStrategy
{
    /// <summary>Who is first; null when the first wave is.</summary>
    [Id(0)]
    public CanaryRule? Canary { get; init; }

    /// <summary>How many devices have the revision after each wave; a last one of all is always there.</summary>
    [Id(1)]
    public ImmutableArray<Amount> Waves { get; init; } = [];

    /// <summary>Devices that may be on their way at a time.</summary>
    [Id(2)]
    public Amount MaxUnavailable { get; init; } = new(25, true);

    /// <summary>Devices that are told in a minute; null for no limit.</summary>
    [Id(3)]
    public int? RatePerMinute { get; init; }

    /// <summary>Time between the last healthy device of a wave and the next wave.</summary>
    [Id(4)]
    public int SoakSeconds { get; init; } = 30;

    /// <summary>When a device is healthy.</summary>
    [Id(5)]
    public HealthGate Gate { get; init; } = new();

    /// <summary>Failed devices with which the rollout has failed.</summary>
    [Id(6)]
    public Amount FailureThreshold { get; init; } = new(1, false);

    /// <summary>What happens then.</summary>
    [Id(7)]
    public FailureAction OnFailure { get; init; } = FailureAction.Rollback;

    /// <summary>Time in which a connected device has to become ready; after it the device has failed.</summary>
    [Id(8)]
    public int ProgressDeadlineSeconds { get; init; } = 600;

    /// <summary>Time after which a device that is gone is not waited for any more.</summary>
    [Id(9)]
    public int OfflineDeadlineSeconds { get; init; } = 300;

    /// <summary>When devices may be bothered; null for always.</summary>
    [Id(10)]
    public MaintenanceWindows? Windows { get; init; }

    /// <summary>Whether an operator has to approve each wave after the first.</summary>
    [Id(11)]
    public bool ManualApproval { get; init; }

    /// <summary>Waves with the canary and the last one.</summary>
    public int WaveCount => (Canary is null ? 0 : 1) + Waves.Length + (EndsWithAll ? 0 : 1);

    /// <summary>True when the last wave that is written is all devices.</summary>
    private bool EndsWithAll => Waves is [.., { IsPercent: true, Value: 100 }];

    /// <summary>How many devices have the revision after a wave; null for canaries that a selector names.</summary>
    /// <param name="wave">From 0 to below <see cref="WaveCount"/>.</param>
    public Amount? Upto(int wave) =>
        Canary is not null && wave == 0 ? Canary.Amount
        : (wave - (Canary is null ? 0 : 1)) is int index && index < Waves.Length ? Waves[index]
        : Amount.All;

    /// <summary>What people call a wave.</summary>
    public string NameOf(int wave) =>
        Canary is not null && wave == 0 ? Canary.Selector is null ? $"canary ({Canary.Amount})" : $"canary ({Canary.Selector})"
        : $"wave {wave + 1} ({Upto(wave)})";
}
