using Orleans.Runtime;

namespace MicroVm.ControlPlane.Grains;

/// <summary>Writes of a grain's state that leave nothing in memory that is not on the disk.</summary>
internal static class StateWriting
{
    /// <summary>Makes a state durable; when that fails the grain still has the one before and the fault goes on.</summary>
    internal static async Task ReplaceAsync<T>(this IPersistentState<T> storage, T next)
    {
        T before = storage.State;
        storage.State = next;
        try
        {
            await storage.WriteStateAsync();
        }
        catch
        {
            storage.State = before;
            throw;
        }
    }
}
