using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Api;

/// <summary>The control plane answered with an error.</summary>
/// <param name="problem">What it said.</param>
internal sealed class ApiException(ProblemView problem) : Exception(problem.Detail ?? problem.Title)
{
    /// <summary>What it said.</summary>
    public ProblemView Problem { get; } = problem;
}
