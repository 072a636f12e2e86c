namespace MicroVm.Shared.Contracts.Api;

/// <summary>A list as the API returns it.</summary>
/// <param name="Items">The items, ordered by name.</param>
public sealed record ListView<T>(IReadOnlyList<T> Items);
