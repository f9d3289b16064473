// What the service's pages ask for, and a report in a file, which has everything in it, never does.

function fetched(address) {
  return new Promise((resolve, reject) => {
    const script = el("script", { src: address, onload: () => resolve(window.Plotly), onerror: reject });
    document.head.append(script);
  });
}

// In the service's pages what few people look at is not in the page, and is asked for when somebody does.
async function asked(what, segment, at, more = {}) {
  const query = new URLSearchParams({ window: segment.windows[at].label, segment: segment.name ?? "", ...more });
  const answer = await fetch(`${index.more}/${what}?${query}`);
  if (!answer.ok) throw new Error(`the service did not answer: ${answer.status}`);
  return answer.json();
}
