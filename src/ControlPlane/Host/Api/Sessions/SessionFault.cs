namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>Why there is no session.</summary>
/// <param name="Status">The HTTP status that says it.</param>
/// <param name="Detail">One line.</param>
internal sealed record SessionFault(int Status, string Detail)
{
    internal IResult ToProblem() => Problems.Of(Status, Detail);
}
