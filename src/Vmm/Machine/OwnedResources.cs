namespace MicroVm.Vmm.Machine;

/// <summary>What a machine holds, released in the reverse order of its making.</summary>
internal sealed class OwnedResources : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();

    /// <summary>Takes ownership and returns the same object.</summary>
    internal T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }

    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? resource))
        {
            resource.Dispose();
        }
    }
}
