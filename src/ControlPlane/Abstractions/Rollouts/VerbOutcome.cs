namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>What became of an operator's verb.</summary>
/// <param name="Found">False when there is no such deployment.</param>
/// <param name="Refusal">Why it was not done; empty when it was.</param>
[GenerateSerializer]
[Immutable]
public sealed record VerbOutcome([property: Id(0)] bool Found, [property: Id(1)] string Refusal);
