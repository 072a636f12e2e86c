using Orleans.Runtime;
using Orleans.Storage;

namespace MicroVm.ControlPlane.Tests.Rollouts;

/// <summary>
/// Grain storage of a process that is killed: after so many writes nothing reaches the disk any more. Everything that is told
/// to anybody is durable first, so that nothing else gets out either.
/// </summary>
internal sealed class DyingStorage(IGrainStorage inner, int writesLeft) : IGrainStorage
{
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writesLeft = writesLeft;

    /// <summary>Ends when the process is as good as dead.</summary>
    public Task Died => _died.Task;

    public int WritesLeft => _writesLeft;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        inner.ReadStateAsync(stateName, grainId, grainState);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // What devices say may be lost with the process too, but it is said again; what is decided is counted.
        if (stateName != "reported" && Interlocked.Decrement(ref _writesLeft) < 0)
        {
            _died.TrySetResult();
        }

        return _died.Task.IsCompleted ? throw new IOException("the process is dead") : inner.WriteStateAsync(stateName, grainId, grainState);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        inner.ClearStateAsync(stateName, grainId, grainState);
}
