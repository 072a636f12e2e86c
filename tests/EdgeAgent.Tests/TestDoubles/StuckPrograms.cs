using MicroVm.EdgeAgent.Programs;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>Programs of which one whose arguments name something does not begin before it is told to.</summary>
internal sealed class StuckPrograms(IPrograms inner, string what) : IPrograms
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task Begun => _begun.Task;

    public string? Find(string name) => inner.Find(name);

    public async Task<ProgramOutcome> RunAsync(string name, params IReadOnlyList<string> arguments)
    {
        if (arguments.Any(argument => argument.Contains($"/{what}/", StringComparison.Ordinal)))
        {
            _begun.TrySetResult();
            await _go.Task;
        }

        return await inner.RunAsync(name, arguments);
    }

    internal void Go() => _go.TrySetResult();
}
