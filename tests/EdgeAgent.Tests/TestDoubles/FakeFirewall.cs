using MicroVm.EdgeAgent.Networks;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>A firewall that remembers its rules.</summary>
internal sealed class FakeFirewall : IFirewall
{
    /// <summary>What it refuses with; null when it refuses nothing.</summary>
    internal string? Refusal { get; set; }

    /// <summary>Rules in force; null for none.</summary>
    internal string? Rules { get; private set; }

    /// <summary>Times that rules changed.</summary>
    internal int Changes { get; private set; }

    public Task ApplyAsync(string rules)
    {
        if (Refusal is not null)
        {
            throw new NetworkFaultException(Refusal);
        }

        Changes += Rules == rules ? 0 : 1;
        Rules = rules;
        return Task.CompletedTask;
    }

    public Task<bool> RemoveAsync()
    {
        bool had = Rules is not null;
        Rules = null;
        return Task.FromResult(had);
    }

    public Task<bool> IsInForceAsync() => Task.FromResult(Rules is not null);

    /// <summary>What a firewall service does that flushes everything.</summary>
    internal void Flush() => Rules = null;
}
